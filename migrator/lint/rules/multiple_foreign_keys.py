"""Adds foreign keys between several tables in one transaction.

Why:
    Each key takes SHARE ROW EXCLUSIVE on both of its tables and keeps it until COMMIT: writes to all of them wait, and
    an application that writes them in another order meets it in a deadlock. That holds for NOT VALID keys too.

Bad:
    BEGIN;
    ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
    ALTER TABLE orders ADD CONSTRAINT orders_shop_fk FOREIGN KEY (shop_id) REFERENCES shops (id) NOT VALID;
    COMMIT;

Good:
    ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
    ALTER TABLE orders ADD CONSTRAINT orders_shop_fk FOREIGN KEY (shop_id) REFERENCES shops (id) NOT VALID;
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Held
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import pb

CATEGORY = Category.TRANSACTION
SEVERITY = Severity.WARNING
LOCK = LockLevel.SHARE_ROW_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report the second key of a transaction that references another existing table."""
    parents: dict[int, dict[TableName, None]] = {}
    for action in file.actions(pb.AT_AddConstraint):
        parent = _parent(action)
        place = action.step.progress.transaction
        if parent is None or place is None or file.is_new_table(action.table, action.step):
            continue
        known = parents.setdefault(place, {})
        if known and parent not in known:
            yield action.step.claim(
                f"The transaction holds {LOCK} on {' and '.join(map(str, known))} and now takes it on {parent}. It "
                f"blocks {LOCK.blocks}, on all of them until COMMIT, and may end in a deadlock.",
                "Add each foreign key in a transaction of its own: put COMMIT between them.",
                severity=SEVERITY,
                lock=LOCK,
                table=parent,
                held=Held.UNBOUNDED,
            )
        known[parent] = None


def _parent(action: Action) -> TableName | None:
    constraint = definition(action.cmd).constraint
    return table_name(constraint.pktable) if constraint.contype == pb.CONSTR_FOREIGN else None
