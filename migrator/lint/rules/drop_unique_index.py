"""Drops the index behind a guarantee.

Why:
    Without the unique index duplicates come in at once, and INSERT … ON CONFLICT on its columns fails with `no unique
    or exclusion constraint matching`. A second unique index on the same columns, built before, keeps both alive.

Given:
    CREATE TABLE users (id int, mail text);
    CREATE UNIQUE INDEX users_mail_unique ON users (mail);

Bad:
    DROP INDEX CONCURRENTLY users_mail_unique;

Good:
    CREATE UNIQUE INDEX CONCURRENTLY users_mail_unique_new ON users (mail);
    DROP INDEX CONCURRENTLY users_mail_unique;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim, Severity
from migrator.schema.model import Index
from migrator.statements.effects import ObjectRef

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped indexes that are known to be unique, but for contracts and where another one takes over."""
    for step in file.of_kind("drop_stmt"):
        for ref in step.effects.removes:
            index = _index(step, ref) if ref.kind == "index" and not file.may_remove(ref, step) else None
            if index is not None and index.is_unique and not _has_twin(step, index):
                yield step.claim(
                    f"{index.name} is unique on {index.table} ({', '.join(index.keys)}): without it duplicates come "
                    "in, and INSERT … ON CONFLICT on these columns fails.",
                    "Drop it in contract.sql, when no code relies on it; to replace it, build the new one first.",
                    severity=SEVERITY,
                    table=index.table,
                )


def _index(step: Step, ref: ObjectRef) -> Index | None:
    tables = (table for table in step.schema.tables.values() if table.name.schema == ref.schema)
    return next((index for table in tables for index in table.indexes if index.name == ref.name), None)


def _has_twin(step: Step, index: Index) -> bool:
    table = step.schema.table(index.table)
    others = table.indexes if table is not None else ()
    return any(
        other.name != index.name and other.is_unique and other.keys == index.keys and other.predicate == index.predicate
        for other in others
    )
