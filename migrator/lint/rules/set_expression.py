"""Gives a STORED generated column another expression, which writes the whole table again.

Why:
    SET EXPRESSION computes and stores every row's value again: the table and its indexes are written while nobody reads
    or writes it. For a VIRTUAL column (18) nothing is written.

Given:
    CREATE TABLE users (id int, mail text, mail_key text GENERATED ALWAYS AS (lower(mail)) STORED);

Bad:
    ALTER TABLE users ALTER COLUMN mail_key SET EXPRESSION AS (upper(mail));

Good:
    ALTER TABLE users ADD COLUMN mail_key_new text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Fact, Held
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE
SINCE = 17


def check(file: FileContext) -> Iterator[Claim]:
    """Report SET EXPRESSION where it writes, or may write, every row."""
    for action in file.actions(pb.AT_SetExpression):
        if action.effects.rewrite is not Fact.NO and not file.is_empty_table(action.table, action.step):
            yield waits(
                action.step,
                f"SET EXPRESSION of {quote(action.cmd.name)}",
                LOCK,
                action.table,
                Held.REWRITE,
                "Add a new column beside it that a trigger keeps right, fill it in batches, and drop the old one in "
                "contract.sql.",
                fact=action.effects.rewrite,
                missing=action.effects.missing,
            )
