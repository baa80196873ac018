"""The schema that the migrations of a commit tell: read from git, so that a verdict does not depend on a checkout."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from migrator.git import Repository
from migrator.references.decoded import text_of
from migrator.schema.model import Schema
from migrator.schema.order import order_key
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Statement

_PHASES = ("expand.sql", "migrate.sql", "contract.sql")
_FOLDER_AND_FILE = 2


def schema_at(repository: Repository, commit: str, migrations: Path) -> Schema:
    """Return the schema after the migrations of a folder at a commit, in the order in which they run.

    Another tool's files that are no plain SQL tell nothing, nor does a folder outside of the repository.
    """
    top = repository.top
    if not migrations.resolve().is_relative_to(top):
        return Schema()
    folder = PurePosixPath(migrations.resolve().relative_to(top).as_posix())
    blobs = {blob.path: blob.id for blob in repository.files(commit) if blob.path.endswith(".sql")}
    paths = sorted((p for p in blobs if _key(folder, p) is not None), key=lambda path: _key(folder, path) or ())
    texts = dict(repository.contents({blobs[path] for path in paths}))
    statements: list[Statement] = []
    for path in paths:
        found = _statements(texts[blobs[path]])
        if found is None:
            return Schema()
        statements += found
    return replay(statements)


def _key(folder: PurePosixPath, path: str) -> tuple[object, ...] | None:
    """Return what to sort a migration's file by; None for any other file."""
    file = PurePosixPath(path)
    if not file.is_relative_to(folder):
        return None
    parts = file.relative_to(folder).parts
    if len(parts) == 1:
        return (order_key(parts[0]), 0)
    if len(parts) == _FOLDER_AND_FILE and parts[1] in _PHASES:
        return (order_key(parts[0]), _PHASES.index(parts[1]))
    return None


def _statements(content: bytes) -> Iterator[Statement] | None:
    try:
        parsed = parse_sql(text_of(content, "strict"))
    except UnicodeDecodeError:
        return None
    return None if parsed.problems else iter(parsed.statements)
