"""CPL006: a migration that may have run was edited, renamed or deleted.

Databases that have run it keep the old result; those that have not get another one.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from migrator.coupling.case import Case, File
from migrator.coupling.decision import Finding, Level

CODE = "CPL006"
NAME = "history-rewritten"
LEVEL = Level.ERROR

_REWRITABLE = ("manifest", "verify", "abort")
"""Files of a migration that change nothing by themselves; the runner compares checksums of the others."""


def check(case: Case) -> Iterator[Finding]:
    """Yield one finding for each rewritten file."""
    for file in case.migrations:
        if _is_old_name(file) and _is_rewritten(case, file):
            what = {"deleted": "was deleted", "renamed": f"was renamed to {file.change.path}"}.get(
                file.change.status, "was edited"
            )
            message = f"{file.path} {what}, but it is on the base already: a database may have run it."
            todo = (
                "Put it back and write a new migration. Squashed migrations are named in [coupling] squash, repeatable "
                "ones R__NAME.sql."
            )
            line = file.change.line if file.change.status == "modified" else 1
            yield Finding(
                CODE,
                NAME,
                LEVEL,
                file.path,
                line,
                message,
                todo,
                file_class=file.file_class,
                phase=case.phase(file),
            )


def _is_old_name(file: File) -> bool:
    return file.path == (file.change.old_path or file.change.path)


def _is_rewritten(case: Case, file: File) -> bool:
    if not file.change.was_on_base or file.change.status in {"added", "copied"} or file.change.is_submodule:
        return False
    if PurePosixPath(file.path).name.startswith("R__") or case.is_squashed(file.path):
        return False
    if file.change.rewrite is not None:
        return False
    sql = case.sql_files.get(file.path)
    return sql is None or sql.phase not in _REWRITABLE or file.change.status != "modified"
