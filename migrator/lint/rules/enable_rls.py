"""Switches row security on or off.

Why:
    Without a policy that fits, running code that does not own the table sees no row from that moment; switched off,
    it sees all.

Bad:
    ALTER TABLE users ENABLE ROW LEVEL SECURITY;

Good:
    CREATE POLICY own ON users USING (true);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False
LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report ENABLE, DISABLE and FORCE ROW LEVEL SECURITY."""
    for action in file.actions(
        pb.AT_EnableRowSecurity, pb.AT_DisableRowSecurity, pb.AT_ForceRowSecurity, pb.AT_NoForceRowSecurity
    ):
        if file.is_new_table(action.table, action.step):
            continue
        yield action.step.claim(
            takes("Row security", LOCK, action.table, "for an instant")
            + " Afterwards running code may see other rows.",
            "Make the policies first, and try them with the role of the application.",
            severity=SEVERITY,
            lock=LOCK,
            held=Held.INSTANT,
            table=action.table,
        )
