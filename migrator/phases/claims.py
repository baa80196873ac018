"""Which tables a migration works on, read from its SQL: those it claims, and all that it changes.

A table is claimed when a statement changes it: its columns, constraints, indexes, triggers, partitions, rows or name.
A table that is only the partner of a foreign key is not: many migrations may reference the same busy table at once,
and the server itself refuses to drop a key that is referenced. The same goes for tables that are only read. What is
inside of a DO block is read as far as it is static; dynamic SQL claims nothing, nor does a DROP INDEX alone, whose text
does not name the table.
"""

from collections.abc import Iterable, Iterator

from migrator.lint.bodies import body_of
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.pg.driver import Connection
from migrator.pg.objects import affected_by, dependents_of
from migrator.phases.access import access_changed_by, whole_schemas
from migrator.phases.folder import FILES, Migration
from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.facts import effects_of
from migrator.statements.parse import Node, pb
from migrator.statements.statement import Statement

_PARTS = frozenset({"column", "constraint", "trigger", "policy", "rule"})
_OWNERS = frozenset({"view", "materialized view", "sequence", "type", "domain"})
_ROUTINES = frozenset({"function", "procedure", "aggregate"})


def claimed_tables(migration: Migration, pg_version: int) -> tuple[TableName, ...]:
    """Return the tables that the migration works on in any phase, with those of its backfills, sorted."""
    found = {table for statement in _statements(migration) for table in _claimed(statement, pg_version)}
    return tuple(sorted(found | {TableName.parse(spec.table) for spec in migration.manifest.backfill}))


def touched_owners(migration: Migration, pg_version: int) -> tuple[TableName, ...]:
    """Return all that it changes in the catalog: its tables, and views, types, and functions as `name()`, sorted."""
    return touched_by(_statements(migration), pg_version)


def all_owners(connection: Connection, migration: Migration, pg_version: int) -> tuple[TableName, ...]:
    """Return `touched_owners`, with what only the catalog knows to be changed by them."""
    return owners_in(connection, _statements(migration), pg_version)


def _renamed(statements: Iterable[Statement], pg_version: int) -> tuple[TableName, ...]:
    """Return the tables that get another name, or whose columns do: what names them changes with them."""
    effects = [effects_of(statement, pg_version) for statement in statements]
    refs = [rename.source for each in effects for rename in each.renames]
    return tuple(sorted({owner for ref in refs if ref.kind in {"table", "column"} for owner in _owner(ref)}))


def touched_by(statements: Iterable[Statement], pg_version: int) -> tuple[TableName, ...]:
    """Return what some statements change in the catalog, sorted."""
    found: set[TableName] = set()
    for statement in statements:
        effects = effects_of(statement, pg_version)
        found.update({lock.table for lock in effects.locks} - _indexes(effects))
        found.update(owner for ref in _refs(effects) for owner in _owner(ref))
        found.update(access_changed_by(statement))
    return tuple(sorted(found))


def owners_in(connection: Connection, statements: Iterable[Statement], pg_version: int) -> tuple[TableName, ...]:
    """Return all that some statements change in the catalog, with what only the catalog knows to be changed by them."""
    read = tuple(statements)
    touched = touched_by(read, pg_version)
    named = dependents_of(connection, _renamed(read, pg_version))
    return tuple(dict.fromkeys((*touched, *named, *affected_by(connection, touched, whole_schemas(read)))))


def _statements(migration: Migration) -> Iterator[Statement]:
    for phase in FILES:
        if phase != "verify":
            for statement in migration.statements(phase):
                yield statement
                body = body_of(statement) if statement.kind == "do_stmt" else None
                yield from body.statements if body else ()


def _claimed(statement: Statement, pg_version: int) -> Iterator[TableName]:
    effects = effects_of(statement, pg_version)
    others = {*_partners(statement), *_indexes(effects)}
    for lock in effects.locks:
        if lock.level >= LockLevel.ROW_EXCLUSIVE and lock.table not in others:
            yield lock.table
    for ref in _refs(effects):
        if ref.kind == "table" or ref.kind in _PARTS:
            yield TableName(ref.schema, ref.table or ref.name)


def _refs(effects: Effects) -> Iterator[ObjectRef]:
    yield from (*effects.creates, *effects.removes)
    for rename in effects.renames:
        yield rename.source
        yield ObjectRef(rename.source.kind, rename.source.schema, rename.new_name, rename.source.table)


def _indexes(effects: Effects) -> set[TableName]:
    """Return the indexes among what is locked: the text of DROP INDEX does not say whose they are."""
    return {TableName(ref.schema, ref.name) for ref in _refs(effects) if ref.kind == "index"}


def _owner(ref: ObjectRef) -> Iterator[TableName]:
    if ref.kind in _ROUTINES:
        yield TableName(ref.schema, f"{ref.name}()")
    elif ref.kind in _OWNERS:
        yield TableName(ref.schema, ref.name)
    elif ref.kind == "table" or ref.kind in _PARTS:
        yield TableName(ref.schema, ref.table or ref.name)


def _partners(statement: Statement) -> Iterator[TableName]:
    """Yield the tables that the statement's foreign keys reference, but for the statement's own table."""
    if statement.kind == "alter_table_stmt":
        tree = statement.node.alter_table_stmt
        nodes = [getattr(item.alter_table_cmd, "def") for item in tree.cmds]
        own = tree.relation
    elif statement.kind == "create_stmt":
        nodes, own = list(statement.node.create_stmt.table_elts), statement.node.create_stmt.relation
    else:
        return
    for node in nodes:
        for constraint in _constraints(node):
            partner = constraint.pktable
            if constraint.contype == pb.CONSTR_FOREIGN and _name(partner) != _name(own):
                yield _name(partner)


def _constraints(node: Node) -> Iterator[pb.Constraint]:
    if node.WhichOneof("node") == "constraint":
        yield node.constraint
    elif node.WhichOneof("node") == "column_def":
        yield from (item.constraint for item in node.column_def.constraints)


def _name(relation: pb.RangeVar) -> TableName:
    return TableName(relation.schemaname or "public", relation.relname)
