"""Partitions: making, attaching, detaching and dropping one touches its parent and the DEFAULT partition."""

from dataclasses import replace

from migrator.locks import LockLevel
from migrator.schema.expressions import definition_of
from migrator.schema.facts.known import Known, Situation, family, locked, names_of, scanning, with_rows
from migrator.schema.model import Schema
from migrator.schema.parts import Table
from migrator.statements.effects import Effects, Fact
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import pb

_ACCESS_EXCLUSIVE = LockLevel.ACCESS_EXCLUSIVE


def create_table(asked: Situation, facts: Effects) -> Effects:
    """A partition locks its parent and DEFAULT partition, which is scanned, and what the parent references."""
    statement = asked.node.create_stmt
    if not statement.HasField("partbound"):
        return _referenced_partitions(asked.schema, facts)
    parent = asked.schema.table(table_name(statement.inh_relations[0].range_var))
    if parent is None:
        return facts
    found = _beside(asked.schema, parent, facts)
    references = (c.references for c in parent.constraints if c.references is not None)
    return locked(found, LockLevel.SHARE_ROW_EXCLUSIVE, *references)


def _referenced_partitions(schema: Schema, facts: Effects) -> Effects:
    """A foreign key to a partitioned table is one to each of its partitions."""
    parents = [schema.table(lock.table) for lock in facts.locks if lock.level is LockLevel.SHARE_ROW_EXCLUSIVE]
    children = (
        child for table in parents if table and table.is_partitioned for child in schema.descendants(table.name)
    )
    return locked(facts, LockLevel.SHARE_ROW_EXCLUSIVE, *names_of(children))


def _beside(schema: Schema, parent: Table, facts: Effects) -> Effects:
    """Return the facts with the lock and the scan of the DEFAULT partition, when there is one."""
    default = schema.default_partition(parent.name)
    if default is None:
        return replace(facts, scan=Fact.NO, scans=(), missing=())
    parts = family(schema, default.name)
    return scanning(locked(facts, _ACCESS_EXCLUSIVE, *names_of(parts)), *with_rows(parts))


def attach(known: Known, facts: Effects) -> Effects:
    """The new partition is scanned, and the DEFAULT partition, unless a valid CHECK proves their bounds."""
    partition = definition_of(known.cmd).partition_cmd
    child = known.schema.table(table_name(partition.name))
    if child is None:
        return facts
    default = known.schema.default_partition(known.name)
    parts = family(known.schema, child.name)
    found = locked(facts, _ACCESS_EXCLUSIVE, *names_of(parts))
    if any(_may_prove_bound(table, known.table) for table in (child, *((default,) if default else ()))):
        return found if default is None else locked(found, _ACCESS_EXCLUSIVE, default.name)
    is_default = partition.bound.is_default and default is None
    scanned = () if is_default and len(known.schema.children(known.name)) == 0 else with_rows(parts)
    if default is not None:
        others = family(known.schema, default.name)
        found = locked(found, _ACCESS_EXCLUSIVE, *names_of(others))
        scanned = (*scanned, *with_rows(others))
    references = tuple(c.references for c in known.table.constraints if c.references is not None)
    found = locked(found, LockLevel.SHARE_ROW_EXCLUSIVE, *references)
    scanned = (*scanned, *references)
    is_built = any(index.name for index in known.table.indexes) and not _has_all_indexes(child, known.table)
    return replace(scanning(found, *scanned), index_build=is_built)


def _may_prove_bound(table: Table, parent: Table) -> bool:
    """Whether a valid CHECK reads the partition key; whether it implies the bound, only the server can tell."""
    checks = (c for c in table.constraints if c.kind == "check" and c.is_valid)
    return any(set(parent.partition_key) & set(check.columns) for check in checks)


def _has_all_indexes(child: Table, parent: Table) -> bool:
    made = {(index.keys, index.is_unique) for index in child.indexes if index.is_valid}
    return all((index.keys, index.is_unique) in made for index in parent.indexes)


def detach(known: Known, facts: Effects) -> Effects:
    """The DEFAULT partition is locked too; with one, CONCURRENTLY is refused."""
    partition = definition_of(known.cmd).partition_cmd
    default = known.schema.default_partition(known.name)
    if partition.concurrent and default is not None:
        words = f"DETACH … CONCURRENTLY is refused while {known.name} has the DEFAULT partition {default.name}"
        return replace(facts, errors=(words,))
    found = replace(facts, missing=())
    if partition.concurrent:
        return found
    child = known.schema.table(table_name(partition.name))
    ends = (c.references for c in (child.constraints if child else ()) if c.references is not None)
    found = locked(found, LockLevel.SHARE_ROW_EXCLUSIVE, *ends)
    return locked(found, _ACCESS_EXCLUSIVE, default.name) if default is not None else found


READERS = {
    pb.AT_AttachPartition: attach,
    pb.AT_DetachPartition: detach,
}
