"""Columns whose default counts by a sequence that another column owns: dropping the owner would have to drop both.

Asked by `drop_column` and `drop_table`, because the server refuses at the last step of the contract otherwise.
"""

from collections.abc import Iterable, Iterator

from migrator.errors import InputError, RecipeRefused
from migrator.names import TableName, quote
from migrator.schema.expressions import parse_expression, walk
from migrator.schema.model import Column, Schema, Table
from migrator.statements.parse import pb


def check_sequences(schema: Schema, tables: Iterable[Table], columns: Iterable[Column]) -> None:
    """Refuse columns that own a sequence which a column elsewhere counts by; `tables` go, or hold what goes.

    Raises:
        RecipeRefused: names the column and the statement that gives it the sequence.
    """
    family = {table.name for table in tables}
    going = {column.name for column in columns}
    for sequence in [column.sequence for column in columns if column.sequence is not None]:
        for table, column in _counting(schema, sequence):
            if table.name not in family or column.name not in going:
                raise RecipeRefused(
                    f"The sequence {sequence} would go too, and {table.name}.{column.name} takes its numbers from it.",
                    f"Give it to that column first: ALTER SEQUENCE {sequence} OWNED BY"
                    f" {table.name}.{quote(column.name)}.",
                )


def _counting(schema: Schema, sequence: TableName) -> Iterator[tuple[Table, Column]]:
    for table in schema.tables.values():
        for column in table.columns:
            if column.default is not None and sequence in counted_sequences(column.default):
                yield table, column


def counted_sequences(default: str) -> Iterator[TableName]:
    """Yield what a default's nextval names."""
    if "nextval" not in default:
        return
    for part in walk(parse_expression(default)):
        if isinstance(part, pb.A_Const) and part.sval.sval:
            try:
                yield TableName.parse(part.sval.sval)
            except InputError:
                continue  # another text of the expression
