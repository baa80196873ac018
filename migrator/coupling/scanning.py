"""Reads the code of a commit for the coupling check: which files, and which tables their words are compared with."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from migrator.config import Settings
from migrator.config.coupling import CouplingSection
from migrator.coupling.case import Case
from migrator.coupling.classify import Classifier, classifier_of
from migrator.coupling.committed import schema_at, tables_of_programs
from migrator.coupling.evidence import DatabaseObject, FileClass
from migrator.coupling.globs import Globs
from migrator.coupling.later_sql import runs_after
from migrator.coupling.uses import Scan
from migrator.git import Repository
from migrator.names import TableName
from migrator.references.known import known_tables
from migrator.references.scan import Scanned, scan_commit
from migrator.schema.model import Schema

_CODE = frozenset({FileClass.APP, FileClass.MODEL})
_TABLE_AND_COLUMN = 2
_MAPPING_PICTURES = (".prisma",)
"""Pictures of the schema that a client is made from: what stands in them is named in its statements."""


def scanning(migrations: Path, today: date) -> Scan:
    """Return the function that `collect` calls.

    Args:
        migrations: the folder whose replay at head says which table has which columns.
        today: for comments that vouch for a use until a date.
    """

    @cache
    def schema(repository: Repository, head: str, classifier: Classifier) -> Schema:
        return schema_at(repository, head, migrations, classifier)

    def scan(repository: Repository, commit: str, case: Case) -> Scanned:
        known = known_tables(
            schema(repository, case.evidence.head, case.classifier), _wanted(case.objects), _models(case.objects)
        )
        is_read = _is_read(case, commit)
        return scan_commit(repository, commit, known, is_read, today)

    return scan


def _is_read(case: Case, commit: str) -> Callable[[str], bool]:
    """Return the question whether a path is code, or at head SQL of another migration that runs after a contract."""
    is_code = _is_code(case.policy)
    contracts = {sql.path for sql, _ in case.removed} if commit == case.evidence.head else set[str]()
    return lambda path: is_code(path) or any(runs_after(case, path, contract) for contract in contracts)


def scan_everything(
    repository: Repository,
    commit: str,
    settings: Settings,
    today: date,
    *,
    asked: str = "",
    there: Schema | None = None,
) -> tuple[Scanned, frozenset[TableName]]:
    """Return the references of a commit's code, by the policy as it stands here, and the tables that are known.

    Args:
        repository: the clone.
        commit: whose code is read.
        settings: as they stand here.
        today: for comments that vouch for a use until a date.
        asked: only what may use this, `users` or `users.email`, known or not; empty: everything.
        there: the tables of a database, beside those of the migrations.

    Raises:
        InputError: the clone lacks content.
    """
    classifier = classifier_of(settings.coupling)
    schema = schema_at(repository, commit, settings.migrations, classifier)
    tables = tables_of_programs(repository, commit, classifier)
    for found in (schema, there or Schema()):
        for name, table in found.tables.items():
            tables.setdefault(name, set()).update(column.name for column in table.columns)
    known = known_tables(schema, _asked(asked, tables) if asked else None)
    columns = {name: frozenset(names) | known.columns.get(name, frozenset()) for name, names in tables.items()}
    known = replace(known, columns={**known.columns, **columns})
    return scan_commit(repository, commit, known, _is_code(settings.coupling), today), frozenset(tables)


def _asked(name: str, tables: Iterable[TableName]) -> dict[TableName, frozenset[str]]:
    """Return the tables that a name may mean, with the column: `users`, `users.email`, `public.users.email`."""
    *schema, table, column = _parts(name, {known.schema for known in tables})
    found = [known for known in tables if known.name == table and known.schema in (schema or [known.schema])]
    wanted = found or [TableName(schema[0] if schema else "public", table)]
    return dict.fromkeys(wanted, frozenset(filter(None, (column,))))


def _parts(name: str, schemas: set[str]) -> list[str]:
    """Return the name as table and column, with the schema in front where it has one."""
    parts = name.replace('"', "").split(".")
    has_schema = len(parts) > _TABLE_AND_COLUMN or (len(parts) == _TABLE_AND_COLUMN and parts[0] in schemas)
    return parts if len(parts) == _TABLE_AND_COLUMN + has_schema else [*parts, ""]


def _is_code(policy: CouplingSection) -> Callable[[str], bool]:
    """Return the question whether a path is code, or SQL of others that counts as code."""
    classifier = classifier_of(policy)
    external = Globs(policy.external_consumers)
    return lambda path: (
        classifier.file_class(path) in _CODE or path.endswith(_MAPPING_PICTURES) or external.match_file(path)
    )


def _wanted(objects: Iterable[DatabaseObject]) -> dict[TableName, frozenset[str]]:
    """Return the tables that the case is about, with the columns that are."""
    found: dict[TableName, frozenset[str]] = {}
    for item in objects:
        column = {item.name} if item.kind == "column" else set[str]()
        found[_table(item)] = found.get(_table(item), frozenset()) | column
    return found


def _models(objects: Iterable[DatabaseObject]) -> dict[TableName, frozenset[str]]:
    """Return the classes that migrations name with their tables."""
    found: dict[TableName, frozenset[str]] = {}
    for item in objects:
        if item.model:
            found[_table(item)] = found.get(_table(item), frozenset()) | {item.model}
    return found


def _table(item: DatabaseObject) -> TableName:
    return TableName(item.schema_name, item.table or item.name)
