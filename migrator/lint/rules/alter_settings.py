"""Changes settings of a role, a database or the whole server.

Why:
    They hold for new sessions, so that instances of one release behave in two ways until all have connected again;
    and no migration that is undone takes them back.

Bad:
    ALTER ROLE app SET search_path = shop;

Good:
    SET search_path = shop;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report ALTER ROLE, DATABASE and SYSTEM … SET."""
    for step in file.of_kind("alter_role_set_stmt", "alter_database_set_stmt", "alter_system_stmt"):
        yield step.claim(
            "New sessions run with another setting than those that are open.",
            "Set it where the server is configured, or let the application set it when it connects.",
            severity=SEVERITY,
        )
