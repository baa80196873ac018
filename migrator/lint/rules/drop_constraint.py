"""Drops a UNIQUE or PRIMARY KEY constraint that running code may rely on.

Why:
    Duplicates come in at once, INSERT … ON CONFLICT on its columns fails, and logical replication loses the identity of
    the rows. Dropping a CHECK or a foreign key rejects no query that worked before, and is not reported.

Given:
    CREATE TABLE users (id int PRIMARY KEY, mail text CONSTRAINT users_mail_key UNIQUE);

Bad:
    ALTER TABLE users DROP CONSTRAINT users_mail_key;

Good:
    ALTER TABLE users ADD CONSTRAINT users_mail_present CHECK (mail IS NOT NULL) NOT VALID;
    ALTER TABLE users DROP CONSTRAINT users_mail_present;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Held, ObjectRef
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
LOCK = LockLevel.ACCESS_EXCLUSIVE
_GUARANTEES = frozenset({"unique", "primary key"})


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped constraints that are known to be unique, but for contracts and what this file made."""
    for action in file.actions(pb.AT_DropConstraint):
        table = file.table(action.table, action.step)
        ref = ObjectRef("constraint", action.table.schema, action.cmd.name, action.table.name)
        found = [c for c in table.constraints if c.name == action.cmd.name] if table is not None else []
        if not found or found[0].kind not in _GUARANTEES or file.may_remove(ref, action.step):
            continue
        yield action.step.claim(
            f"{takes('DROP CONSTRAINT', LOCK, action.table, 'for an instant')} Afterwards duplicates of "
            f"({', '.join(found[0].columns)}) come in, and INSERT … ON CONFLICT on these columns fails.",
            "Drop it in contract.sql, when no running code relies on it; to replace it, build the new one first.",
            severity=SEVERITY,
            lock=LOCK,
            table=action.table,
            held=Held.INSTANT,
        )
