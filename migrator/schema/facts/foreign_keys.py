"""Foreign keys: adding, validating, altering and dropping one touches the table at its other end too."""

from collections.abc import Iterable
from dataclasses import replace

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.schema.expressions import definition_of
from migrator.schema.facts.drops import views_on
from migrator.schema.facts.known import Known, family, locked, names_of, scanning, with_rows
from migrator.schema.model import Schema
from migrator.schema.parts import Constraint, Table
from migrator.statements.effects import Effects, Fact
from migrator.statements.facts.nodes import table_name, words
from migrator.statements.parse import pb

_ACCESS_EXCLUSIVE = LockLevel.ACCESS_EXCLUSIVE
_PARTITIONED_NOT_VALID_SINCE = 18
_KEYS = ("primary key", "unique")
_READING = frozenset({"view", "materialized view", "policy", "trigger", "generated column"})
"""Kinds of dependents that keep a column from going without CASCADE."""


def add_foreign_key(known: Known, facts: Effects) -> Effects:
    """Both tables with their partitions; on a partitioned table NOT VALID is refused before PostgreSQL 18."""
    tree = definition_of(known.cmd).constraint
    parent = table_name(tree.pktable)
    partitions = names_of(known.schema.descendants(known.name)) if known.table.is_partitioned else ()
    targets = names_of(known.schema.descendants(parent)) if _is_partitioned(known.schema, parent) else ()
    found = locked(facts, LockLevel.SHARE_ROW_EXCLUSIVE, *partitions, *targets)
    if tree.skip_validation and known.table.is_partitioned and known.pg_version < _PARTITIONED_NOT_VALID_SINCE:
        words = f"PostgreSQL before 18 refuses a NOT VALID foreign key on the partitioned table {known.name}"
        return replace(found, errors=(words,))
    if facts.scan is not Fact.YES:
        return found
    if known.table.is_partitioned and all(_has_key(t, known.table, tree) for t in _leaves(known.schema, known.table)):
        return scanning(found)
    return scanning(found, *with_rows(family(known.schema, known.name)), *_rows_of(known.schema, parent))


def _leaves(schema: Schema, table: Table) -> tuple[Table, ...]:
    return tuple(part for part in schema.descendants(table.name) if not part.is_partitioned)


def _has_key(part: Table, parent: Table, tree: pb.Constraint) -> bool:
    """Whether a partition has the same key, valid: the parent's takes it over and reads no row."""
    here, there = tuple(words(tree.fk_attrs)), tuple(words(tree.pk_attrs))
    inherited = {c.name for c in parent.constraints}  # a part of another key of the parent's
    return any(
        c.references == table_name(tree.pktable)
        and c.name not in inherited
        and c.columns == here
        and c.is_valid
        and there in ((), c.referenced_columns)
        and all((clause in c.definition) is (clause in _actions(tree)) for clause in _CLAUSES)
        for c in part.constraints
    )


def _actions(tree: pb.Constraint) -> tuple[str, ...]:
    """Return the clauses of a foreign key that must be equal, as `pg_get_constraintdef` writes them."""
    update, delete = _ACTIONS.get(tree.fk_upd_action), _ACTIONS.get(tree.fk_del_action)
    chosen = (update and f" ON UPDATE {update}", delete and f" ON DELETE {delete}")
    deferral = (tree.deferrable and " DEFERRABLE", tree.initdeferred and " INITIALLY DEFERRED")
    return tuple(clause for clause in (*chosen, *deferral) if clause)


_ACTIONS = {"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_CLAUSES = (
    *(f" ON {event} {action}" for event in ("UPDATE", "DELETE") for action in _ACTIONS.values()),
    " DEFERRABLE",
    " INITIALLY DEFERRED",
)


def _is_partitioned(schema: Schema, name: TableName) -> bool:
    table = schema.table(name)
    return table is not None and table.is_partitioned


def _rows_of(schema: Schema, name: TableName) -> tuple[TableName, ...]:
    return with_rows(family(schema, name)) if schema.table(name) is not None else (name,)


def constraint_of(known: Known) -> Constraint | None:
    """Return the constraint that the action names, if the schema knows it."""
    return next((c for c in known.table.constraints if c.name == known.cmd.name), None)


def validate(known: Known, facts: Effects) -> Effects:
    """A valid constraint is not looked at again; a foreign key reads the table that it references, too."""
    constraint = constraint_of(known)
    if constraint is None:
        return facts
    found = replace(facts, missing=())
    if constraint.is_valid:
        return scanning(found)
    if constraint.references is None:
        return scanning(found, *with_rows((known.table,)))
    found = locked(found, LockLevel.ROW_SHARE, constraint.references)
    return scanning(found, *with_rows((known.table,)), *_rows_of(known.schema, constraint.references))


def drop_constraint(known: Known, facts: Effects) -> Effects:
    """A foreign key's other table is locked; a key that one points at cannot go alone."""
    constraint = constraint_of(known)
    if constraint is None:
        return facts
    found = replace(facts, missing=())
    if constraint.references is not None:
        return locked(found, _ACCESS_EXCLUSIVE, *_ends(known.schema, constraint.references))
    users = users_of_key(known.schema, known.name, constraint.columns)
    if not users or constraint.kind not in _KEYS or _has_twin(known.table, constraint):
        return found
    return _with_users(known, found, users, f"constraint {constraint.name}")


def _has_twin(table: Table, key: Constraint) -> bool:
    """Whether another key has the same columns: foreign keys hang on one of them, in most cases on the older."""
    others = (c for c in table.constraints if c.kind in _KEYS and c.name != key.name)
    return any(frozenset(other.columns) == frozenset(key.columns) for other in others)


def alter_constraint(known: Known, facts: Effects) -> Effects:
    """ENFORCED (18) compares the rows of both tables, as adding the key would have done."""
    change = definition_of(known.cmd).atalter_constraint
    constraint = next((c for c in known.table.constraints if c.name == change.conname), None)
    if constraint is None or constraint.references is None:
        return facts
    if facts.scan is Fact.NO or constraint.is_enforced:
        return replace(facts, scan=Fact.NO, missing=())
    found = locked(facts, LockLevel.SHARE_ROW_EXCLUSIVE, constraint.references)
    return scanning(found, *with_rows((known.table,)), *_rows_of(known.schema, constraint.references))


def drop_column(known: Known, facts: Effects) -> Effects:
    """What goes with the column: its foreign keys lock the tables they reference; views and keys refuse to go."""
    column = known.cmd.name
    if known.table.is_incomplete and known.table.column(column) is None:
        return facts
    found = replace(facts, missing=())
    for constraint in known.table.constraints:
        if constraint.references is not None and column in constraint.columns:
            found = locked(found, _ACCESS_EXCLUSIVE, *_ends(known.schema, constraint.references))
    users = tuple(
        user
        for user, key in known.schema.referencing(known.name)
        if column in key.referenced_columns and user.name != known.name
    )
    readers = [d for d in known.schema.dependents_on(known.name) if d.kind in _READING and d.column == column]
    if readers and known.cmd.behavior != pb.DROP_CASCADE:
        return replace(found, errors=(f"{readers[0].kind} {readers[0].name} reads column {known.name}.{column}",))
    views = [TableName.parse(d.name) for d in readers if "view" in d.kind]
    found = locked(found, _ACCESS_EXCLUSIVE, *views, *(v for view in views for v in views_on(known.schema, view)))
    return _with_users(known, found, users, f"column {column}") if users else found


def _with_users(known: Known, found: Effects, users: Iterable[Table], what: str) -> Effects:
    """Say that foreign keys need what is dropped, or lock their tables when CASCADE drops them too."""
    names = tuple(dict.fromkeys(names_of(users)))
    if known.cmd.behavior == pb.DROP_CASCADE:
        return locked(found, _ACCESS_EXCLUSIVE, *names)
    words = f"foreign keys of {', '.join(map(str, names))} need {what}"
    return replace(found, errors=(words,))


def users_of_key(schema: Schema, name: TableName, columns: tuple[str, ...]) -> tuple[Table, ...]:
    """Return the tables whose foreign keys point at exactly these columns."""
    return tuple(user for user, key in schema.referencing(name) if key.referenced_columns == columns)


def _ends(schema: Schema, name: TableName) -> tuple[TableName, ...]:
    """Return the referenced table, with its partitions: each carries a part of the key."""
    return (name, *names_of(schema.descendants(name))) if _is_partitioned(schema, name) else (name,)
