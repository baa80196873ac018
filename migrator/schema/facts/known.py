"""What the schema knows about a statement: the questions that each reader here gets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.schema.model import Schema, Table
from migrator.statements.effects import Effects, Fact, TableLock
from migrator.statements.parse import Node, pb


@dataclass(frozen=True, slots=True)
class Known:
    """One action on one table, with the schema as it is before the statement."""

    cmd: pb.AlterTableCmd
    table: Table
    schema: Schema
    pg_version: int
    settings: Mapping[str, str]
    """The session's, by name in lower case."""
    is_only: bool = False
    """Whether the statement says ONLY, and leaves partitions and heirs alone."""

    @property
    def name(self) -> TableName:
        """The table's name."""
        return self.table.name


@dataclass(frozen=True, slots=True)
class Situation:
    """One statement that is no ALTER TABLE, with the schema as it is before it."""

    node: Node
    schema: Schema
    pg_version: int


def without_dropped(table: Table, commands: Iterable[pb.AlterTableCmd]) -> Table:
    """Return the table without the constraints that the same statement drops: the server drops them first."""
    dropped = {cmd.name for cmd in commands if cmd.subtype == pb.AT_DropConstraint}
    if not dropped:
        return table
    return replace(table, constraints=tuple(c for c in table.constraints if c.name not in dropped))


def family(schema: Schema, name: TableName) -> tuple[Table, ...]:
    """Return the table, if it is known, and all its partitions and heirs."""
    table = schema.table(name)
    return (table, *schema.descendants(name)) if table is not None else ()


def names_of(tables: Iterable[Table]) -> tuple[TableName, ...]:
    """Return the names of tables."""
    return tuple(table.name for table in tables)


def with_rows(tables: Iterable[Table]) -> tuple[TableName, ...]:
    """Return the names of the tables that store rows; a partitioned one has them in its partitions."""
    return tuple(table.name for table in tables if not table.is_partitioned)


def locked(effects: Effects, level: LockLevel, *names: TableName) -> Effects:
    """Return the effects with more locks; the stronger one counts."""
    levels = {lock.table: lock.level for lock in effects.locks}
    for name in names:
        levels[name] = max(level, levels.get(name, LockLevel.NONE))
    return replace(effects, locks=tuple(TableLock(name, found) for name, found in levels.items()))


def scanning(effects: Effects, *names: TableName) -> Effects:
    """Return the effects with these tables scanned, and no other; the question is settled."""
    return replace(effects, scan=Fact.YES if names else Fact.NO, scans=names, missing=())


def rewriting(effects: Effects, *names: TableName) -> Effects:
    """Return the effects with these tables written again, and no other; the question is settled."""
    fact = Fact.YES if names else Fact.NO
    return replace(effects, rewrite=fact, scan=fact, rewrites=names, scans=names, missing=())


def failing(effects: Effects, words: str) -> Effects:
    """Return the effects of a statement that the server refuses."""
    return replace(effects, errors=(*effects.errors, words))
