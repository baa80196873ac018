"""Enforces a foreign key that was NOT ENFORCED, and reads both tables under lock to verify it.

Why:
    ALTER CONSTRAINT … ENFORCED (18) compares every row at once, under ACCESS EXCLUSIVE on the table and SHARE ROW
    EXCLUSIVE on the one that it references. A second key that is added NOT VALID holds for new rows at once, and
    VALIDATE CONSTRAINT reads the old ones while reads and writes go on.

Given:
    CREATE TABLE users (id int PRIMARY KEY);
    CREATE TABLE orders (id int, user_id int);
    ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT ENFORCED;

Bad:
    ALTER TABLE orders ALTER CONSTRAINT orders_user_fk ENFORCED;

Good:
    ALTER TABLE orders ADD CONSTRAINT orders_user_fk_new FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_user_fk_new;
    ALTER TABLE orders DROP CONSTRAINT orders_user_fk;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.columns import definition
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE
SINCE = 18


def check(file: FileContext) -> Iterator[Claim]:
    """Report constraints that are enforced, and verified, at once."""
    for action in file.actions(pb.AT_AlterConstraint):
        if action.effects.scan is Fact.NO or file.is_empty_table(action.table, action.step):
            continue
        name = definition(action.cmd).atalter_constraint.conname
        yield waits(
            action.step,
            f"Enforcing {name}",
            LOCK,
            action.table,
            Held.SCAN,
            f"Add a second constraint with NOT VALID, in another transaction VALIDATE it, and drop {name} at the end.",
            fact=action.effects.scan,
            missing=action.effects.missing,
            how_long="while every row is compared",
        )
