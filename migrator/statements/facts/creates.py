"""CREATE of tables, views, sequences, triggers, policies, functions, types: new objects, and what they touch."""

from collections.abc import Iterable, Iterator

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Effects, Fact, ObjectRef, TableLock, combined
from migrator.statements.facts.nodes import (
    Asked,
    lock,
    only_lock,
    part_ref,
    qualified,
    ref,
    table_name,
    table_ref,
    words,
)
from migrator.statements.facts.queries import table_locks
from migrator.statements.parse import Node, pb

_ACCESS_EXCLUSIVE = LockLevel.ACCESS_EXCLUSIVE


def create_table(asked: Asked) -> Effects:
    """A new table locks nothing but what it refers to: parents of foreign keys, of inheritance, of the partition."""
    return _created(asked.node.create_stmt)


def _created(statement: pb.CreateStmt) -> Effects:
    own = Effects(creates=(table_ref("table", statement.relation),))
    return combined((own, *_parents(statement), *_referenced(statement)))


def create_foreign_table(asked: Asked) -> Effects:
    """A foreign table has no rows here; it locks what a table would."""
    return _created(asked.node.create_foreign_table_stmt.base_stmt)


def _parents(statement: pb.CreateStmt) -> Iterator[Effects]:
    is_partition = statement.HasField("partbound")
    for node in statement.inh_relations:
        level = _ACCESS_EXCLUSIVE if is_partition else LockLevel.SHARE_UPDATE_EXCLUSIVE
        scan = Fact.UNKNOWN if is_partition else Fact.NO
        missing = ("whether there is a DEFAULT partition (locked and scanned)",) if is_partition else ()
        yield Effects(locks=(lock(node.range_var, level),), scan=scan, missing=missing)


def _referenced(statement: pb.CreateStmt) -> Iterator[Effects]:
    own = table_name(statement.relation)
    for element in statement.table_elts:
        match element.WhichOneof("node"):
            case "column_def":
                constraints = [node.constraint for node in element.column_def.constraints]
            case "constraint":
                constraints = [element.constraint]
            case _:
                constraints = []
                yield only_lock(element.table_like_clause.relation, LockLevel.ACCESS_SHARE)
        for constraint in constraints:
            if constraint.contype == pb.CONSTR_FOREIGN and table_name(constraint.pktable) != own:
                yield only_lock(constraint.pktable, LockLevel.SHARE_ROW_EXCLUSIVE)


def create_table_as(asked: Asked) -> Effects:
    """CREATE TABLE AS, CREATE MATERIALIZED VIEW: reads its tables once."""
    statement = asked.node.create_table_as_stmt
    kind = "materialized view" if statement.objtype == pb.OBJECT_MATVIEW else "table"
    locks = table_locks(statement.query)
    scan = Fact.UNKNOWN if locks and not statement.into.skip_data else Fact.NO
    missing = ("the query plan",) if scan is Fact.UNKNOWN else ()
    return Effects(locks=locks, scan=scan, creates=(table_ref(kind, statement.into.rel),), missing=missing)


def create_view(asked: Asked) -> Effects:
    """CREATE VIEW reads the definitions of its tables; OR REPLACE locks the view that is there."""
    statement = asked.node.view_stmt
    replaced = (lock(statement.view, _ACCESS_EXCLUSIVE),) if statement.replace else ()
    return Effects(locks=(*replaced, *table_locks(statement.query)), creates=(table_ref("view", statement.view),))


def create_sequence(asked: Asked) -> Effects:
    """CREATE SEQUENCE touches at most the table that owns it."""
    statement = asked.node.create_seq_stmt
    return Effects(locks=tuple(_owner_lock(statement.options)), creates=(table_ref("sequence", statement.sequence),))


def alter_sequence(asked: Asked) -> Effects:
    """ALTER SEQUENCE: `nextval` waits."""
    statement = asked.node.alter_seq_stmt
    own = lock(statement.sequence, LockLevel.SHARE_ROW_EXCLUSIVE)
    return Effects(locks=(own, *_owner_lock(statement.options)))


def _owner_lock(options: Iterable[Node]) -> Iterator[TableLock]:
    for node in options:
        if node.def_elem.defname == "owned_by":
            *table, _column = words(node.def_elem.arg.list.items)
            if table:
                yield TableLock(qualified(table), LockLevel.ACCESS_SHARE)


def create_trigger(asked: Asked) -> Effects:
    """CREATE [OR REPLACE] TRIGGER: writes wait, reads go on."""
    statement = asked.node.create_trig_stmt
    table = table_name(statement.relation)
    locks = [TableLock(table, LockLevel.SHARE_ROW_EXCLUSIVE)]
    if statement.HasField("constrrel"):
        locks.append(lock(statement.constrrel, LockLevel.ACCESS_SHARE))
    return Effects(locks=tuple(locks), creates=(part_ref("trigger", statement.trigname, table),))


def create_policy(asked: Asked) -> Effects:
    """CREATE POLICY: ACCESS EXCLUSIVE, instant."""
    statement = asked.node.create_policy_stmt
    created = part_ref("policy", statement.policy_name, table_name(statement.table))
    return Effects(locks=(lock(statement.table, _ACCESS_EXCLUSIVE),), creates=(created,))


def alter_policy(asked: Asked) -> Effects:
    """ALTER POLICY: ACCESS EXCLUSIVE, instant."""
    return only_lock(asked.node.alter_policy_stmt.table, _ACCESS_EXCLUSIVE)


def create_rule(asked: Asked) -> Effects:
    """CREATE RULE: ACCESS EXCLUSIVE, instant."""
    statement = asked.node.rule_stmt
    created = part_ref("rule", statement.rulename, table_name(statement.relation))
    return Effects(locks=(lock(statement.relation, _ACCESS_EXCLUSIVE),), creates=(created,))


def create_function(asked: Asked) -> Effects:
    """CREATE [OR REPLACE] FUNCTION: no table lock, also when a trigger calls it."""
    return Effects(creates=(ref("function", qualified(words(asked.node.create_function_stmt.funcname))),))


def create_statistics(asked: Asked) -> Effects:
    """CREATE STATISTICS: SHARE UPDATE EXCLUSIVE."""
    statement = asked.node.create_stats_stmt
    locks = tuple(lock(node.range_var, LockLevel.SHARE_UPDATE_EXCLUSIVE) for node in statement.relations)
    names = words(statement.defnames)
    return Effects(locks=locks, creates=(ref("statistics", qualified(names)),) if names else ())


def create_publication(asked: Asked) -> Effects:
    """CREATE PUBLICATION: SHARE UPDATE EXCLUSIVE on each table named."""
    statement = asked.node.create_publication_stmt
    objects = [node.publication_obj_spec for node in statement.pubobjects]
    tables = (spec.pubtable.relation for spec in objects if spec.HasField("pubtable"))
    return Effects(
        locks=tuple(lock(table, LockLevel.SHARE_UPDATE_EXCLUSIVE) for table in tables),
        creates=(ObjectRef("publication", "", statement.pubname),),
    )


def create_schema(asked: Asked) -> Effects:
    """CREATE SCHEMA; with objects inside it is read as opaque."""
    statement = asked.node.create_schema_stmt
    name = statement.schemaname or statement.authrole.rolename
    return Effects(creates=(ObjectRef("schema", "", name),), is_opaque=bool(statement.schema_elts))


def create_extension(asked: Asked) -> Effects:
    """CREATE EXTENSION makes new objects only."""
    return Effects(creates=(ObjectRef("extension", "", asked.node.create_extension_stmt.extname),))


def create_type(asked: Asked) -> Effects:
    """CREATE TYPE, CREATE DOMAIN: no table lock."""
    return Effects(creates=(ref("type", _type_name(asked.node)),))


def _type_name(node: Node) -> TableName:
    match node.WhichOneof("node"):
        case "composite_type_stmt":
            return table_name(node.composite_type_stmt.typevar)
        case "create_enum_stmt":
            return qualified(words(node.create_enum_stmt.type_name))
        case "create_range_stmt":
            return qualified(words(node.create_range_stmt.type_name))
        case _:
            return qualified(words(node.create_domain_stmt.domainname))


def define(asked: Asked) -> Effects:
    """CREATE AGGREGATE, OPERATOR, COLLATION, TEXT SEARCH …: no table lock."""
    return Effects(creates=(ref("object", qualified(words(asked.node.define_stmt.defnames))),))


def alter_domain(asked: Asked) -> Effects:
    """ALTER DOMAIN scans every table that uses it when it adds a rule that old values must meet."""
    statement = asked.node.alter_domain_stmt
    added = getattr(statement, "def").constraint
    is_free = statement.subtype in {"T", "N", "X"} or (statement.subtype == "C" and added.skip_validation)
    missing = () if is_free else ("the tables that use the domain (SHARE, and a scan of each)",)
    return Effects(is_opaque=not is_free, missing=missing)
