"""The schema that the migrations of a commit tell: read from git, so that a verdict does not depend on a checkout.

Which files are migrations, the patterns of the coupling check say, and the configured folder.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath

from migrator.coupling.classify import Classifier
from migrator.coupling.evidence import DatabaseObject, FileClass
from migrator.coupling.frameworks import read_framework_file
from migrator.coupling.sql_files import phase_of
from migrator.git import Blob, Repository
from migrator.lint.halves import forward_text
from migrator.names import TableName
from migrator.references.decoded import text_of
from migrator.schema.model import Schema
from migrator.schema.order import Key, order_key
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql

_PHASES = ("expand", "migrate", "contract")
_RUN = frozenset({"none", *_PHASES})
Tables = dict[TableName, set[str]]


def schema_at(repository: Repository, commit: str, migrations: Path, classifier: Classifier) -> Schema:
    """Return the schema after the SQL migrations of a commit, in the order of their names; the rest tells nothing.

    Without any table in them, the picture of the whole schema tells it that a tool keeps as SQL.
    """
    files = repository.files(commit)
    found = _replayed(repository, _forward(files, _is_migration(repository, migrations, classifier)))
    if found.tables:
        return found
    pictures = [blob for blob in files if classifier.file_class(blob.path) is FileClass.SNAPSHOT]
    return _replayed(repository, [blob for blob in pictures if blob.path.endswith(".sql")])


def tables_of_programs(repository: Repository, commit: str, classifier: Classifier) -> Tables:
    """Return the tables and columns that migrations which are programs make, as far as their text tells."""
    is_program = (blob for blob in repository.files(commit) if not blob.path.endswith((".sql", ".toml")))
    blobs = sorted((b for b in is_program if classifier.file_class(b.path) is FileClass.MIGRATION), key=_order)
    texts = _texts(repository, blobs)
    found: Tables = {}
    for path in (blob.path for blob in blobs):
        file = read_framework_file(path, texts.get)
        if file is not None and file.phase in _RUN:
            _add(found, file.adds)
            _remove(found, file.removes)
    return found


def _add(found: Tables, items: Iterable[DatabaseObject]) -> None:
    for item in items:
        if item.kind == "column":
            found.setdefault(TableName(item.schema_name, item.table), set()).add(item.name)
        elif item.kind == "table":
            found.setdefault(TableName(item.schema_name, item.name), set())


def _remove(found: Tables, items: Iterable[DatabaseObject]) -> None:
    for item in items:
        if item.kind == "column" and (columns := found.get(TableName(item.schema_name, item.table))):
            columns.discard(item.name)
        elif item.kind == "table":
            found.pop(TableName(item.schema_name, item.name), None)


def _is_migration(repository: Repository, migrations: Path, classifier: Classifier) -> Callable[[str], bool]:
    """Return the question whether a path is a migration; the configured folder may lie outside of the repository."""
    folder, top = migrations.resolve(), repository.top.resolve()
    inside = PurePosixPath(folder.relative_to(top).as_posix()) if folder.is_relative_to(top) else None
    return lambda path: (
        classifier.file_class(path) is FileClass.MIGRATION
        or (inside is not None and PurePosixPath(path).is_relative_to(inside))
    )


def _forward(files: Iterable[Blob], is_migration: Callable[[str], bool]) -> list[Blob]:
    """Return the SQL that was run to make the schema what it is, in its order."""
    found = [blob for blob in files if blob.path.endswith(".sql") and is_migration(blob.path)]
    names = {blob.path: "" for blob in found}
    return sorted((blob for blob in found if phase_of(blob.path, names.get) in _RUN), key=_order)


def _order(blob: Blob) -> tuple[Key, ...]:
    """Order as people number: V2 before V10; the phases of a migration in their order."""
    *folders, name = blob.path.split("/")
    phase = name.removesuffix(".sql")
    return (*map(order_key, folders), ((0, _PHASES.index(phase)),) if phase in _PHASES else order_key(name))


def _replayed(repository: Repository, blobs: Sequence[Blob]) -> Schema:
    texts = _texts(repository, blobs)
    forward = (forward_text(Path(blob.path), texts[blob.path]) for blob in blobs)
    return replay(statement for text in forward for statement in parse_sql(text).statements)


def _texts(repository: Repository, blobs: Sequence[Blob]) -> dict[str, str]:
    contents = dict(repository.contents({blob.id for blob in blobs}))
    return {blob.path: text_of(contents[blob.id]) for blob in blobs}
