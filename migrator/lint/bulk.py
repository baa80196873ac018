"""Statements that put many rows into a table: from then on a lock on it may last, also when the table is new."""

from collections.abc import Iterator

from migrator.lint.step import Step
from migrator.names import TableName
from migrator.statements.facts.nodes import table_name


def filled_tables(step: Step) -> Iterator[TableName]:
    """Yield the tables that a bulk statement fills; some rows of VALUES are no bulk."""
    node = step.statement.shape
    match step.statement.kind:
        case "insert_stmt" if not node.insert_stmt.select_stmt.select_stmt.values_lists:
            yield table_name(node.insert_stmt.relation)
        case "copy_stmt" if node.copy_stmt.is_from:
            yield table_name(node.copy_stmt.relation)
        case "create_table_as_stmt" if not node.create_table_as_stmt.into.skip_data:
            yield table_name(node.create_table_as_stmt.into.rel)
        case _:
            return
