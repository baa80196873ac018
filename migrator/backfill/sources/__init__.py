"""What a batch does to its rows: one file per kind of source, chosen by the specification."""

from migrator.backfill.sources.deletion import Deletion
from migrator.backfill.sources.hand_written import HandWritten
from migrator.backfill.sources.python_rows import PythonRows
from migrator.backfill.sources.set_columns import SetColumns
from migrator.backfill.sources.source import Source
from migrator.backfill.spec import BackfillSpec
from migrator.pg.reopened import ReopenedSession


def source_of(spec: BackfillSpec, reader: ReopenedSession | None = None) -> Source:
    """Return what the specification asks for; one that reads rows before it writes them reads them with `reader`.

    Raises:
        InputError: the Python function cannot be imported.
    """
    if spec.python:
        return PythonRows.load(spec, reader)
    if spec.sql:
        return HandWritten(spec.sql)
    return Deletion(spec.archive_to) if spec.delete else SetColumns(spec.set)
