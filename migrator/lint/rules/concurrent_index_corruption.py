"""Builds an index concurrently on a server that may corrupt it.

Why:
    CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY of PostgreSQL 14.0 to 14.3 may leave rows out of the index,
    silently. Off by default: only the server can tell its minor version.

Bad:
    CREATE INDEX CONCURRENTLY users_mail ON users (mail);

Good:
    CREATE TABLE notes (id bigint);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity, Verdict

CATEGORY = Category.ERROR
SEVERITY = Severity.WARNING
DEFAULT = False
AFFECTED = 14


def check(file: FileContext) -> Iterator[Claim]:
    """Report concurrent builds when the server is of version 14."""
    for step in file.of_kind("index_stmt", "reindex_stmt"):
        if file.pg_version == AFFECTED and not step.effects.is_transactional:
            yield step.claim(
                "On PostgreSQL 14.0 to 14.3 the index may lack rows, silently; the minor version is not known here.",
                "Make sure that the server runs 14.4 or later.",
                severity=SEVERITY,
                verdict=Verdict.UNKNOWN,
            )
