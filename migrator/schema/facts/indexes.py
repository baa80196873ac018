"""Indexes: on a partitioned table each partition gets one; an index knows its table."""

from dataclasses import replace

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.schema.expressions import definition_of
from migrator.schema.facts.columns import not_null_scan
from migrator.schema.facts.known import Known, Situation, failing, family, locked, names_of, scanning, with_rows
from migrator.statements.effects import Effects, Fact
from migrator.statements.facts.nodes import table_name, words
from migrator.statements.parse import pb

_EXCLUSION_SINCE = 17
_HARDER_SINCE = 18
"""Older servers lock the partitions of a table that gets a key as for an index only."""


def create_index(asked: Situation, facts: Effects) -> Effects:
    """On a partitioned table every partition is locked and read; CONCURRENTLY is refused, ON ONLY is instant."""
    statement = asked.node.index_stmt
    table = asked.schema.table(table_name(statement.relation))
    if table is None:
        return facts
    if statement.if_not_exists and asked.schema.index(TableName(table.name.schema, statement.idxname)) is not None:
        return replace(scanning(facts), index_build=False, creates=())  # there is one: only the lock is taken
    if not table.is_partitioned:
        return scanning(facts, table.name)
    if statement.concurrent:
        return failing(facts, f"{table.name} is partitioned: CREATE INDEX CONCURRENTLY is refused")
    if not statement.relation.inh:
        return replace(scanning(facts), index_build=False)
    parts = family(asked.schema, table.name)
    found = scanning(locked(facts, LockLevel.SHARE, *names_of(parts)), *with_rows(parts))
    return replace(found, index_build=found.scan is Fact.YES)


def reindex(asked: Situation, facts: Effects) -> Effects:
    """The index's table is known; a partitioned table is done one partition after the other, outside transactions."""
    statement = asked.node.reindex_stmt
    name = table_name(statement.relation)
    if statement.kind == pb.REINDEX_OBJECT_TABLE:
        parts = family(asked.schema, name)
        if parts and parts[0].is_partitioned:
            own = locked(facts, facts.level, *names_of(parts))
            return replace(scanning(own, *with_rows(parts)), is_transactional=False)
        return facts
    index = asked.schema.index(name) if statement.kind == pb.REINDEX_OBJECT_INDEX else None
    if index is None:
        return facts
    is_concurrent = facts.level is LockLevel.SHARE_UPDATE_EXCLUSIVE
    level = LockLevel.SHARE_UPDATE_EXCLUSIVE if is_concurrent else LockLevel.SHARE
    return scanning(locked(facts, level, index.table), index.table)


def add_key(known: Known, facts: Effects) -> Effects:
    """UNIQUE, PRIMARY KEY and EXCLUDE: built on each partition; USING INDEX is refused on a partitioned table."""
    tree = definition_of(known.cmd).constraint
    if tree.indexname:
        return _using_index(known, facts, tree)
    if not known.table.is_partitioned:
        return replace(facts, missing=())
    if tree.contype == pb.CONSTR_EXCLUSION and known.pg_version < _EXCLUSION_SINCE:
        return failing(facts, f"{known.name} is partitioned: servers before {_EXCLUSION_SINCE} refuse EXCLUDE on it")
    if known.is_only and tree.contype == pb.CONSTR_UNIQUE:
        return replace(scanning(facts), index_build=False)
    parts = known.schema.descendants(known.name)
    level = LockLevel.ACCESS_EXCLUSIVE if known.pg_version >= _HARDER_SINCE else LockLevel.SHARE
    return scanning(locked(facts, level, *names_of(parts)), *with_rows(parts))


def _using_index(known: Known, facts: Effects, tree: pb.Constraint) -> Effects:
    if known.table.is_partitioned:
        return failing(facts, f"{known.name} is partitioned: a constraint USING INDEX is refused")
    index = next((index for index in known.table.indexes if index.name == tree.indexname), None)
    if index is None or tree.contype != pb.CONSTR_PRIMARY:
        return facts
    return not_null_scan(known, facts, *index.keys)


def add_not_null(known: Known, facts: Effects) -> Effects:
    """`ADD CONSTRAINT … NOT NULL` (18): as SET NOT NULL."""
    tree = definition_of(known.cmd).constraint
    return facts if tree.skip_validation else not_null_scan(known, facts, *words(tree.keys))
