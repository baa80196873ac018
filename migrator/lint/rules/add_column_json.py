"""Adds a json column.

Why:
    json has no equality: DISTINCT, GROUP BY and UNION over a row with it fail, also those that an ORM writes by
    itself. jsonb has it.

Bad:
    ALTER TABLE users ADD COLUMN settings json;

Good:
    ALTER TABLE users ADD COLUMN settings jsonb;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.names import quote
from migrator.statements.facts.columns import definition, type_words
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report new columns of the type json."""
    for action in file.actions(pb.AT_AddColumn):
        if file.is_new_table(action.table, action.step) or type_words(definition(action.cmd).column_def) != ["json"]:
            continue
        yield action.step.claim(
            f"{quote(definition(action.cmd).column_def.colname)} is json, which has no equality: DISTINCT fails.",
            "Make the column jsonb instead of json.",
            severity=SEVERITY,
            table=action.table,
        )
