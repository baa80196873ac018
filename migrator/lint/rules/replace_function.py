"""Puts another body behind a function that is there.

Why:
    Running code, triggers and defaults that call it do something else from that moment.

Bad:
    CREATE OR REPLACE FUNCTION rate() RETURNS int LANGUAGE sql AS 'SELECT 2';

Good:
    CREATE FUNCTION rate_new() RETURNS int LANGUAGE sql AS 'SELECT 2';
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report CREATE OR REPLACE FUNCTION, but of functions that migrator made."""
    for step in file.of_kind("create_function_stmt"):
        if not step.statement.node.create_function_stmt.replace or step.effects.creates[0].schema == "migrator":
            continue
        yield step.claim(
            f"What calls {step.effects.creates[0]} does something else from now on.",
            "Make a new function beside the old, and drop the old one in contract.sql.",
            severity=SEVERITY,
        )
