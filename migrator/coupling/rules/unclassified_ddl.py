"""CPL005: a changed file is DDL, but no pattern calls it a migration.

A folder that the patterns forgot ships its schema with the code, and nobody sees it.
"""

from collections.abc import Iterator

from migrator.coupling.case import Case
from migrator.coupling.decision import Finding, Level
from migrator.coupling.evidence import FileClass

CODE = "CPL005"
NAME = "unclassified-ddl"
LEVEL = Level.ERROR


def check(case: Case) -> Iterator[Finding]:
    """Yield one finding for each such file."""
    for file in case.of_class(FileClass.APP, FileClass.MODEL):
        if file.change.ddl_line is None or file.path != file.change.path:
            continue
        message = f"{file.path} holds DDL, and no pattern in [coupling] calls it a migration."
        todo = "Add its folder to [coupling] migration (or to test, neutral), in a pull request of its own."
        yield Finding(
            CODE,
            NAME,
            LEVEL,
            file.path,
            file.change.ddl_line,
            message,
            todo,
            file_class=file.file_class,
        )
