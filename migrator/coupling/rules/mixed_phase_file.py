"""CPL008: a migration file belongs to more than one phase, or cannot be read.

An expand that drops something breaks the code that runs; a file that nobody can read may do anything.
"""

from collections.abc import Iterator

from migrator.coupling.case import Case
from migrator.coupling.decision import Finding, Level
from migrator.coupling.evidence import SqlFile

CODE = "CPL008"
NAME = "mixed-phase-file"
LEVEL = Level.ERROR


def check(case: Case) -> Iterator[Finding]:
    """Yield one finding for each such file."""
    for file in case.migrations:
        sql = case.sql_files.get(file.path)
        reason = "" if sql is None else sql.mixed or sql.problem
        if sql is None or not reason:
            continue
        todo = _todo(sql)
        yield Finding(
            CODE,
            NAME,
            LEVEL,
            file.path,
            sql.mixed_line,
            f"{file.path}: {reason.rstrip('.')}.",
            todo,
            file_class=file.file_class,
            phase=sql.phase,
        )


def _todo(sql: SqlFile) -> str:
    if sql.phase != "none":
        return "Put what is additive into expand.sql and what removes into contract.sql; `migrator new` writes both."
    if sql.mixed:
        return (
            "Make two migrations of it: the one that adds ships before the code that uses it, the one that removes in a"
            " later release, when no code uses it any more."
        )
    return "Name the table and the column in the file, so that they can be compared with the code; or correct it."
