"""`--lazy`: how new code reads a second column before the backfill has come to its end.

New code may read the new column only when every row has it. With these expressions, or through this view, it can
switch earlier: each reads the new column and falls back to the old one. Written beside the phases and not run by them,
because the view is the application's: it must be gone before the contract removes the old column.
"""

from collections.abc import Mapping

from migrator.names import TableName, quote
from migrator.recipes.phase_text import phase_text
from migrator.schema.model import Table

FILE = "lazy.sql.txt"
"""Not `.sql`: neither the engine nor the linter takes it for a phase."""


def lazy_text(table: Table, old: tuple[str, ...], values: Mapping[str, str]) -> str:
    """Return the file: new column -> SQL expression over the old ones, as an expression and in a view."""
    name = TableName(table.name.schema, f"{table.name.name}_lazy")
    expressions = {column: f"coalesce({quote(column)}, {value})" for column, value in values.items()}
    kept = [quote(column.name) for column in table.columns if column.name not in {*old, *values}]
    shown = [*kept, *(f"{expression} AS {quote(column)}" for column, expression in expressions.items())]
    about = (
        f"Lazy: read {', '.join(values)} before the backfill of {table.name} has ended.",
        *(f"In a query, instead of {column}: {expression}" for column, expression in expressions.items()),
        "Or read through the view below; run it by hand after expand. Writes go to the table.",
        f"Before contract, when the backfill is verified: read the table, then DROP VIEW {name}.",
        "An index on the new column does not serve conditions on these expressions.",
    )
    separator = ",\n       "
    return phase_text(about, [f"CREATE VIEW {name} AS\nSELECT {separator.join(shown)}\nFROM {table.name}"])
