"""CPL005: a changed file is DDL, or has new DDL in a string, but no pattern calls it a migration.

A folder that the patterns forgot ships its schema with the code, and nobody sees it. Neither does anybody see what code
runs by itself: `cursor.execute("ALTER TABLE …")` is a migration without phases, review and way back.
"""

from collections.abc import Iterator

from migrator.coupling.case import Case, File
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
        yield _in_code(file) if file.change.ddl_text else _whole_file(file)


def _whole_file(file: File) -> Finding:
    message = f"{file.path} holds DDL, and no pattern in [coupling] calls it a migration."
    todo = "Add its folder to [coupling] migration (or to test, neutral), in a pull request of its own."
    return Finding(CODE, NAME, LEVEL, file.path, file.change.ddl_line or 1, message, todo, file_class=file.file_class)


def _in_code(file: File) -> Finding:
    """What only looks like DDL is a warning: it may be a text for people, or of another database."""
    change, line = file.change, file.change.ddl_line or 1
    how = "has new DDL in a string" if change.is_ddl_sure else "has a new string that looks like DDL (token)"
    message = f"{file.path}:{line} {how}: {change.ddl_text}"
    todo = (
        "Put it into a migration. A file that is one gets its pattern into [coupling] migration, a test or a tool into "
        "test or neutral, in a pull request of its own."
    )
    level = LEVEL if change.is_ddl_sure else Level.WARNING
    return Finding(CODE, NAME, level, file.path, line, message, todo, file_class=file.file_class)
