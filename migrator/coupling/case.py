"""The evidence, sorted for the rules: each changed file with its class and phase, and what the migrations do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from migrator.coupling.classify import DatabaseGroups, classifier_of, paths_of
from migrator.coupling.evidence import Change, CodeReference, DatabaseObject, Evidence, FileClass, Part, SqlFile
from migrator.coupling.globs import Globs

_PHASES = {"manifest": "none", "verify": "none", "abort": "none"}
_SOMETHING = "content"
"""A file of a submodule, for patterns of folders: `db/migrations` may be one."""
_TABLE_LIKE = frozenset({"table", "view", "materialized view", "foreign table"})


@dataclass(frozen=True, slots=True)
class File:
    """One name of a changed file: a rename gives two, with the same change."""

    path: str
    file_class: FileClass
    change: Change


class Case:
    """What the rules look at."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.policy = evidence.policy
        self.classifier = classifier_of(evidence.policy)
        self.groups = DatabaseGroups(evidence.policy.service)
        self.files = tuple(self._classified())
        self.sql_files = {file.path: file for file in evidence.sql_files}

    def _classified(self) -> Iterator[File]:
        for change in self.evidence.changes:
            for path in paths_of(change):
                inside = f"{path}/{_SOMETHING}" if change.is_submodule else path
                yield File(path, self.classifier.file_class(inside), change)

    def of_class(self, *classes: FileClass) -> tuple[File, ...]:
        """Return the changed files of these classes."""
        return tuple(file for file in self.files if file.file_class in classes)

    @cached_property
    def migrations(self) -> tuple[File, ...]:
        """The changed migration files, without those of which only the form is another, or that do nothing."""
        found = (file for file in self.of_class(FileClass.MIGRATION) if not self._is_idle(file))
        return tuple(file for file in found if file.change.rewrite not in {"cosmetic", "replaced"})

    def _is_idle(self, file: File) -> bool:
        sql = self.sql_files.get(file.path)
        return sql is not None and sql.is_idle and not file.change.was_on_base

    @cached_property
    def code(self) -> tuple[File, ...]:
        """The changed files that must not travel with schema: application code, and models where not allowed."""
        models = () if self._allows_models else self.of_class(FileClass.MODEL)
        found = (*self.of_class(FileClass.APP), *models)
        return tuple(file for file in found if file.change.rewrite != "cosmetic")

    @property
    def _allows_models(self) -> bool:
        return self.policy.models_with == "expand" and all(
            self.phase(file) in {"expand", "none"} for file in self.migrations
        )

    def phase(self, file: File) -> str:
        """Return expand, migrate, contract or unknown for a migration file: by its name, else by what it does."""
        sql = self.sql_files.get(file.path)
        if sql is None:
            return "unknown"
        return sql.phase if sql.phase in {"expand", "migrate", "contract"} else self._by_content(sql)

    def _by_content(self, sql: SqlFile) -> str:
        if sql.problem or sql.mixed:
            return "unknown"
        if sql.phase == "manifest" and sql.tables:
            return "migrate"  # it defines a backfill
        if sql.phase in _PHASES:
            return _PHASES[sql.phase]
        return "contract" if sql.removes else "expand" if sql.adds else "migrate"

    def coupled(self, files: Iterable[File], code: File) -> tuple[File, ...]:
        """Return those of the migration files that may work on the same database as the code."""
        return tuple(file for file in files if self.groups.are_coupled(file.path, code.path))

    def references(self, ref: str) -> tuple[CodeReference, ...]:
        """Return the references of `head` or `deployed`."""
        return tuple(reference for reference in self.evidence.references if reference.ref == ref)

    def is_squashed(self, path: str) -> bool:
        """Whether the policy lets this migration be rewritten."""
        return Globs(self.policy.squash).match_file(path)

    def parts_of(self, change: Change) -> tuple[Part, ...]:
        """Return the commits of a release that changed the file, oldest first."""
        names = {change.path, change.old_path}
        return tuple(part for part in self.evidence.parts if not names.isdisjoint(part.paths))

    def come_together(self, one: File, other: File) -> bool:
        """Whether one pull request of a merge queue's batch changes both files."""
        mine = {part.number or part.commit for part in self.parts_of(one.change)}
        return any((part.number or part.commit) in mine for part in self.parts_of(other.change))

    def is_external(self, path: str) -> bool:
        """Whether the policy says that this SQL of others counts as code."""
        return self._external.match_file(path)

    @cached_property
    def _external(self) -> Globs:
        return Globs(self.policy.external_consumers)

    @cached_property
    def removed(self) -> tuple[tuple[SqlFile, DatabaseObject], ...]:
        """Tables, views and columns that the changed contract files take away."""
        gone = (
            (sql, item)
            for file in self.migrations
            if (sql := self.sql_files.get(file.path)) is not None and self.phase(file) in {"contract", "unknown"}
            for item in sql.removes
        )
        return tuple((sql, item) for sql, item in gone if item.kind == "column" or item.kind in _TABLE_LIKE)

    @cached_property
    def taken_back(self) -> tuple[tuple[SqlFile, DatabaseObject], ...]:
        """Tables, views and columns that migrations took away which the candidate of a release lacks."""
        gone = ((sql, item) for sql in self.evidence.taken_back for item in sql.removes)
        return tuple((sql, item) for sql, item in gone if item.kind == "column" or item.kind in _TABLE_LIKE)

    @cached_property
    def added(self) -> tuple[tuple[SqlFile, DatabaseObject], ...]:
        """Tables, views and columns that the changed expand files make."""
        made = ((sql, item) for sql in self.sql_files.values() for item in sql.adds)
        return tuple((sql, item) for sql, item in made if item.kind == "column" or item.kind in _TABLE_LIKE)

    @property
    def added_columns(self) -> tuple[tuple[SqlFile, DatabaseObject], ...]:
        """Columns that the changed expand files add to tables that they do not make."""
        made = {(item.schema_name, item.name) for _, item in self.added if item.kind != "column"}
        columns = ((sql, item) for sql, item in self.added if item.kind == "column")
        return tuple((sql, item) for sql, item in columns if (item.schema_name, item.table) not in made)

    @property
    def objects(self) -> tuple[DatabaseObject, ...]:
        """What the verdict may ask the code for: what goes, what comes, and the tables that are worked on."""
        changed = (item for _, item in (*self.removed, *self.taken_back, *self.added))
        tables = (table for sql in self.evidence.sql_files for table in sql.tables)
        return tuple(dict.fromkeys((*changed, *tables)))


def sureness(reference: CodeReference) -> str:
    """Return in words how sure it is that the code means what it names."""
    return "token: found by its name" if reference.confidence == "token" else reference.confidence


def names(reference: CodeReference, item: DatabaseObject) -> bool:
    """Whether the reference may mean the object: by name, or as one of all columns."""
    if reference.schema_name not in (None, item.schema_name):
        return False
    if item.kind != "column":
        return reference.table == item.name
    return reference.table in ("", item.table) and (reference.is_star or reference.name == item.name)
