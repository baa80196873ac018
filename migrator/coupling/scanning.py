"""Reads the code of a commit for the coupling check: which files, and which tables their words are compared with."""

from datetime import date
from pathlib import Path

from pathspec import GitIgnoreSpec

from migrator.coupling.case import Case
from migrator.coupling.collect import Scan
from migrator.coupling.evidence import DatabaseObject, FileClass
from migrator.errors import ManifestError
from migrator.git import Repository
from migrator.names import TableName
from migrator.references.known import known_tables
from migrator.references.scan import Scanned, scan_commit
from migrator.schema.history import replay_folder
from migrator.schema.model import Schema

_CODE = frozenset({FileClass.APP, FileClass.MODEL})


def scanning(migrations: Path, today: date) -> Scan:
    """Return the function that `collect` calls.

    Args:
        migrations: the folder whose replay says which table has which columns.
        today: for comments that vouch for a use until a date.
    """
    schema = _schema(migrations)

    def scan(repository: Repository, commit: str, case: Case) -> Scanned:
        external = GitIgnoreSpec.from_lines(case.policy.external_consumers)

        def is_code(path: str) -> bool:
            return case.classifier.file_class(path) in _CODE or external.match_file(path)

        columns = [(_table(item), item.name) for item in case.objects if item.kind == "column"]
        wanted = frozenset(_table(item) for item in case.objects)
        return scan_commit(repository, commit, known_tables(schema, columns, wanted), is_code, today)

    return scan


def _schema(migrations: Path) -> Schema:
    """Return what the migrations tell; another tool's files that are no plain SQL tell nothing."""
    try:
        return replay_folder(migrations)
    except ManifestError:
        return Schema()


def _table(item: DatabaseObject) -> TableName:
    return TableName(item.schema_name, item.table or item.name)
