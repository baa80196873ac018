"""CPL009: an expand adds a column to a table that code reads or writes without naming columns.

`SELECT *` returns one column more, and prepared statements with it fail once ("cached plan must not change result
type"); an insert by position goes on, but nobody who reads it knows which columns it fills.
"""

from collections.abc import Iterator

from migrator.coupling.case import Case, names
from migrator.coupling.decision import Finding, Level
from migrator.coupling.evidence import FileClass

CODE = "CPL009"
NAME = "star-or-positional"
LEVEL = Level.WARNING


def check(case: Case) -> Iterator[Finding]:
    """Yield one warning for each place, whatever the number of columns."""
    columns = case.added_columns
    for reference in case.references("head"):
        if case.classifier.file_class(reference.path) not in (FileClass.APP, FileClass.MODEL):
            continue
        hit = next(((s, i) for s, i in columns if reference.is_star and names(reference, i)), None)
        if hit is None:
            continue
        sql, item = hit
        message = (
            f"{sql.path} adds {item}, and {reference.path}:{reference.line} uses all columns of {reference.table}"
            " without naming them."
        )
        yield Finding(
            CODE,
            NAME,
            LEVEL,
            reference.path,
            reference.line,
            message,
            "Name the columns.",
            column=reference.column,
            objects=(str(item),),
        )
