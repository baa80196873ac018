"""Every column that a file makes, in CREATE TABLE or ADD COLUMN: what the rules of style look at."""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.names import TableName
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import pb


def new_columns(file: FileContext) -> Iterator[tuple[Step, TableName, pb.ColumnDef]]:
    """Yield each new column with its statement and table."""
    for step in file.of_kind("create_stmt"):
        statement = step.statement.node.create_stmt
        for element in statement.table_elts:
            if element.HasField("column_def"):
                yield step, table_name(statement.relation), element.column_def
    for action in file.actions(pb.AT_AddColumn):
        yield action.step, action.table, definition(action.cmd).column_def
