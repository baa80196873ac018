"""Adds in a contract what running code is to use.

Why:
    A contract runs last, perhaps weeks after the code was released. What new code needs must be there before that code
    starts, so it belongs in expand.sql of this migration or of another one.

Bad:
    ALTER TABLE users ADD COLUMN plan text;

Good:
    ALTER TABLE users DROP COLUMN email;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
_NEW = frozenset({"table", "column"})


def check(file: FileContext) -> Iterator[Claim]:
    """Report tables and columns that a contract.sql makes and does not drop again."""
    if file.phase != "contract":
        return
    dropped = {ref for step in file.leaves for ref in step.effects.removes}
    for step in file.leaves:
        made = [ref for ref in step.effects.creates if ref.kind in _NEW and ref not in dropped]
        if made:
            yield step.claim(
                f"The contract makes {made[0]}: code that needs it was released before.",
                "Move the statement to expand.sql, of this migration or of the next one.",
                severity=SEVERITY,
            )
