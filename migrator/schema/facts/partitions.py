"""Partitions: making, attaching, detaching and dropping one touches its parent and the DEFAULT partition."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.schema.expressions import definition_of
from migrator.schema.facts.bounds import is_inside, is_outside
from migrator.schema.facts.known import Known, Situation, family, locked, names_of, scanning, with_rows
from migrator.schema.model import Schema
from migrator.schema.parts import Index, Table
from migrator.statements.effects import Effects, Fact
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import pb

_ACCESS_EXCLUSIVE = LockLevel.ACCESS_EXCLUSIVE
Prover = Callable[[Table, Table, pb.PartitionBoundSpec], Fact]


def create_table(asked: Situation, facts: Effects) -> Effects:
    """A partition locks its parent and DEFAULT partition, which is scanned, and what the parent references."""
    statement = asked.node.create_stmt
    if not statement.HasField("partbound"):
        return _referenced_partitions(asked.schema, facts)
    parent = asked.schema.table(table_name(statement.inh_relations[0].range_var))
    if parent is None:
        return facts
    found = _beside(asked.schema, parent, facts, statement.partbound)
    references = (c.references for c in parent.constraints if c.references is not None)
    return locked(found, LockLevel.SHARE_ROW_EXCLUSIVE, *references)


def _referenced_partitions(schema: Schema, facts: Effects) -> Effects:
    """A foreign key to a partitioned table is one to each of its partitions."""
    parents = [schema.table(lock.table) for lock in facts.locks if lock.level is LockLevel.SHARE_ROW_EXCLUSIVE]
    children = (
        child for table in parents if table and table.is_partitioned for child in schema.descendants(table.name)
    )
    return locked(facts, LockLevel.SHARE_ROW_EXCLUSIVE, *names_of(children))


def _beside(schema: Schema, parent: Table, facts: Effects, bound: pb.PartitionBoundSpec) -> Effects:
    """Return the facts with the lock and the scan of the DEFAULT partition, when there is one."""
    default = schema.default_partition(parent.name)
    if default is None:
        return replace(facts, scan=Fact.NO, scans=(), missing=())
    found = locked(facts, _ACCESS_EXCLUSIVE, *names_of(family(schema, default.name)))
    return _read(found, _unproven(schema, default, parent, bound, is_outside))


def attach(known: Known, facts: Effects) -> Effects:
    """The new partition is scanned, and the DEFAULT partition, unless a valid CHECK proves their bounds."""
    partition = definition_of(known.cmd).partition_cmd
    child = known.schema.table(table_name(partition.name))
    if child is None:
        return facts
    default = known.schema.default_partition(known.name)
    references = _unlinked(child, known.table)
    found = locked(facts, _ACCESS_EXCLUSIVE, *names_of(family(known.schema, child.name)))
    found = locked(
        found, LockLevel.SHARE_ROW_EXCLUSIVE, *(c.references for c in known.table.constraints if c.references)
    )
    is_first = partition.bound.is_default and default is None and not known.schema.children(known.name)
    read = [] if is_first else list(_unproven(known.schema, child, known.table, partition.bound, is_inside))
    if default is not None:
        found = locked(found, _ACCESS_EXCLUSIVE, *names_of(family(known.schema, default.name)))
        read += _unproven(known.schema, default, known.table, partition.bound, is_outside)
    is_built = not _has_all_indexes(child, known.table)
    if is_built or references:
        read += ((name, Fact.YES) for name in with_rows(family(known.schema, child.name)))
    return replace(_read(found, [*read, *((name, Fact.YES) for name in references)]), index_build=is_built)


def _unproven(
    schema: Schema, table: Table, parent: Table, bound: pb.PartitionBoundSpec, proves: Prover
) -> Iterator[tuple[TableName, Fact]]:
    """Yield the tables with rows below the table that are read (or perhaps) because no CHECK proves the bound."""
    fact = proves(table, parent, bound)
    if fact is Fact.YES:
        return
    if not table.is_partitioned:
        yield table.name, Fact.YES if fact is Fact.NO else Fact.UNKNOWN
    for child in schema.children(table.name) if table.is_partitioned else ():
        yield from _unproven(schema, child, parent, bound, proves)


def _read(facts: Effects, tables: Iterable[tuple[TableName, Fact]]) -> Effects:
    """Return the facts with the scan of these tables; what may be read stays unknown, with what is missing."""
    found = dict[TableName, Fact]()
    for name, fact in tables:
        found[name] = Fact.YES if Fact.YES in (fact, found.get(name)) else fact
    sure = tuple(name for name, fact in found.items() if fact is Fact.YES)
    if sure or not found:
        return scanning(facts, *sure)
    words = f"whether the CHECKs of {', '.join(map(str, found))} prove the bound, which only the server can tell"
    return replace(facts, scan=Fact.UNKNOWN, scans=(), missing=(words,))


def _unlinked(child: Table, parent: Table) -> tuple[TableName, ...]:
    """Return the tables of the parent's foreign keys that the child does not have already, valid."""
    own = {(c.columns, c.references) for c in child.constraints if c.references is not None and c.is_valid}
    keys = (c for c in parent.constraints if c.references is not None and (c.columns, c.references) not in own)
    return tuple(dict.fromkeys(c.references for c in keys if c.references is not None))


def _has_all_indexes(child: Table, parent: Table) -> bool:
    """Whether nothing is left to build: a key of the parent needs one of the child that is a constraint, too."""
    made = {_form(index) for index in child.indexes if index.is_valid}
    return all(_form(index) in made for index in parent.indexes)


def _form(index: Index) -> tuple[object, ...]:
    return index.keys, index.is_unique, index.method, index.constraint is not None


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
