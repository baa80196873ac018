"""Adds a foreign key and reads both tables under lock to verify it.

Why:
    ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on both tables and holds it while every row is compared: writes to either
    wait, reads go on. With NOT VALID it is instant and holds for new rows; VALIDATE CONSTRAINT then reads the old ones
    while reads and writes go on.

Bad:
    ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id);

Good:
    ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_user_fk;
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim
from migrator.lint.online import check_in_two_steps
from migrator.lint.rewriting import not_valid
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import pb

LOCK = LockLevel.SHARE_ROW_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report foreign keys that are verified at once, but for those of an empty table."""
    for action in file.actions(pb.AT_AddConstraint):
        constraint = definition(action.cmd).constraint
        if constraint.contype != pb.CONSTR_FOREIGN or action.effects.scan is Fact.NO:
            continue
        if file.is_empty_table(action.table, action.step):
            continue
        parent = table_name(constraint.pktable)
        known = file.table(action.table, action.step)
        is_refused = known is not None and known.is_partitioned
        yield waits(
            action.step,
            "Adding a foreign key",
            LOCK,
            action.table,
            Held.SCAN,
            _on_partitions(action) if is_refused else _split(action),
            how_long="while every row is compared",
            on=f"{action.table} and {parent}" if parent != action.table else str(parent),
            fix=None if is_refused else not_valid(file, action, constraint.conname),
        )


def _split(action: Action) -> str:
    return f"Add it with NOT VALID, and validate it in another transaction: {check_in_two_steps(action, 'foreign key')}"


def _on_partitions(action: Action) -> str:
    return (
        f"{action.table} is partitioned, where servers before 18 refuse NOT VALID: add the key NOT VALID to each "
        "partition, VALIDATE it there, and add it to the parent last, which then reads no row."
    )
