"""What the schema knows about the table of one ALTER TABLE action: the question that each reader here gets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from migrator.names import TableName
from migrator.schema.model import Schema, Table
from migrator.statements.parse import pb


@dataclass(frozen=True, slots=True)
class Known:
    """One action on one table, with the schema as it is before the statement."""

    cmd: pb.AlterTableCmd
    table: Table
    schema: Schema
    pg_version: int
    settings: Mapping[str, str]
    """The session's, by name in lower case."""

    @property
    def name(self) -> TableName:
        """The table's name."""
        return self.table.name


def without_dropped(table: Table, commands: list[pb.AlterTableCmd]) -> Table:
    """Return the table without the constraints that the same statement drops: the server drops them first."""
    dropped = {cmd.name for cmd in commands if cmd.subtype == pb.AT_DropConstraint}
    if not dropped:
        return table
    return replace(table, constraints=tuple(c for c in table.constraints if c.name not in dropped))
