"""The schema after every migration of a folder: each one's expand, migrate and contract, in the order of the names."""

from collections.abc import Callable, Iterator
from pathlib import Path

from migrator.errors import ManifestError
from migrator.schema.model import Schema
from migrator.schema.order import order_key
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Statement

_PHASES = ("expand.sql", "migrate.sql", "contract.sql")
_ONLY_FILES = ("migration.sql", "up.sql")
"""The one file that runs of a folder of Prisma, or of Diesel and its like."""


def _as_it_is(_path: Path, text: str) -> str:
    return text


def replay_folder(migrations: Path, upto: str | None = None, forward: Callable[[Path, str], str] = _as_it_is) -> Schema:
    """Return the schema after all migrations before `upto` (an id; None: after all of them).

    Plain `*.sql` files beside the folders count as well: other tools' migrations, or a dump as the baseline.
    `forward` leaves out of a file's text what those tools keep there for the way back.

    Raises:
        ManifestError: a file cannot be read or is not SQL; says file, line and column.
    """
    entries = sorted(migrations.iterdir(), key=lambda path: order_key(path.name)) if migrations.is_dir() else []
    before = [path for path in entries if upto is None or order_key(path.name) < order_key(upto)]
    return replay(statement for path in before for file in _files(path) for statement in _statements(file, forward))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        ours = [path / name for name in _PHASES if (path / name).is_file()]
        yield from ours or (path / name for name in _ONLY_FILES if (path / name).is_file())
    elif path.suffix == ".sql":
        yield path


def _statements(file: Path, forward: Callable[[Path, str], str]) -> tuple[Statement, ...]:
    try:
        parsed = parse_sql(forward(file, file.read_bytes().decode("utf-8")))
    except (OSError, UnicodeDecodeError) as exc:
        raise ManifestError(f"{file} cannot be read: {exc}.", "Save it as UTF-8 text.") from exc
    if parsed.problems:
        problem = parsed.problems[0]
        raise ManifestError(
            f"{file}:{problem.line}:{problem.column}: {problem.message}",
            "Correct the SQL, or give --dsn to ask the database instead.",
        )
    return parsed.statements
