"""ALTER INDEX … ATTACH PARTITION: a partition's index becomes a part of its parent's, and goes only with that one."""

from migrator.names import TableName
from migrator.schema.draft import Draft
from migrator.schema.expressions import definition_of
from migrator.schema.parts import changed
from migrator.statements.parse import pb


def alter_index(draft: Draft, statement: pb.AlterTableStmt) -> None:
    """Follow the attachment of indexes; nothing else that ALTER INDEX does shows in the schema."""
    for node in statement.cmds:
        command = node.alter_table_cmd
        if command.subtype == pb.AT_AttachPartition:
            part = definition_of(command).partition_cmd.name
            _attach(draft, TableName(part.schemaname or draft.default_schema, part.relname))


def _attach(draft: Draft, name: TableName) -> None:
    index = draft.index(name)
    table = draft.table(index.table) if index is not None else None
    if table is not None:
        indexes = (changed(i, is_attached=True) if i.name == name.name else i for i in table.indexes)
        draft.change(table.name, indexes=tuple(indexes))
