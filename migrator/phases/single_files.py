"""Plain `.sql` files beside the folders, or alone in one: a migration of one phase, as other tools keep them.

`V12__add_nick.sql`, `0001_users.sql` and `nick.sql` are run as the expand of a migration without a manifest; its id is
the file's name without `.sql`. Of `20240105_users/migration.sql` (Prisma) and `20240105_users/up.sql` (Diesel, beside
its down.sql) it is the folder's name. What a tool keeps in the same file for the way back is left out, and so are its
own timeouts: those are the engine's. Called by `migrator.phases.folder` only.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from migrator.errors import ManifestError
from migrator.lint.halves import forward_text, is_way_back
from migrator.phases.manifest import Manifest, MigrationSection
from migrator.schema.order import is_repeatable
from migrator.statements.statement import Statement

_DEPENDS = re.compile(r"^--\s*depends:[ \t]*(.*)$", re.MULTILINE)
_NOT_OURS = re.compile(r"(?:B\d[\w.]*__.*|(?:before|after|create)[A-Z]\w*)\.sql")
_ALONE = ("migration.sql", "up.sql")
_TIMEOUTS = frozenset(
    {"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"}
)


def is_plain(path: Path) -> bool:
    """Whether a file of the migrations folder is a migration of its own."""
    is_sql = path.suffix == ".sql" and path.is_file() and not path.name.startswith(".")
    return is_sql and not is_way_back(path) and not is_repeatable(path.name)


def only_file(folder: Path) -> Path | None:
    """Return the one file that runs of another tool's folder; None when the folder is none."""
    return next((folder / name for name in _ALONE if (folder / name).is_file()), None)


def id_of(path: Path) -> str:
    """Return the migration's id: the file's name without `.sql` (and without golang-migrate's `.up`)."""
    return path.stem.removesuffix(".up")


def way_forward(path: Path, text: str) -> str:
    """Return the text that is run, at its places in the file.

    Raises:
        ManifestError: the file is a callback or a baseline of Flyway, which mean something else there.
    """
    if _NOT_OURS.fullmatch(path.name):
        raise ManifestError(
            f"{path} has the name of a callback or a baseline script of Flyway; migrator runs neither.",
            "Move it out of the folder; `migrator baseline` records what a database has already.",
        )
    return forward_text(path, text)


def without_timeouts(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return the statements but for SET and RESET of timeouts: each step gets the engine's own."""
    return tuple(statement for statement in statements if not _sets_timeout(statement))


def manifest_of(text: str) -> Manifest:
    """Return the manifest that stands for the file: yoyo's `-- depends: ID ID` is read, the rest is as by default."""
    names = tuple(dict.fromkeys(name for line in _DEPENDS.findall(text) for name in line.replace(",", " ").split()))
    return Manifest(migration=MigrationSection(depends_on=names))


def _sets_timeout(statement: Statement) -> bool:
    return statement.kind == "variable_set_stmt" and statement.node.variable_set_stmt.name in _TIMEOUTS
