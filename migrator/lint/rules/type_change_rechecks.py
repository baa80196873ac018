"""Changes the type of a column without a rewrite, but reads the table or builds indexes again under lock.

Why:
    A change that writes nothing may still have to check every row against a CHECK that names the column, or to build
    the column's indexes again, for another collation or from text to citext. Both happen under ACCESS EXCLUSIVE.

Given:
    CREATE TABLE users (id int PRIMARY KEY, code varchar(10) CHECK (code <> ''));

Bad:
    ALTER TABLE users ALTER COLUMN code TYPE varchar(20);

Good:
    ALTER TABLE users DROP CONSTRAINT users_code_check;
    ALTER TABLE users ALTER COLUMN code TYPE varchar(20);
    ALTER TABLE users ADD CONSTRAINT users_code_check CHECK (code <> '') NOT VALID;
    ALTER TABLE users VALIDATE CONSTRAINT users_code_check;
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


def check(file: FileContext) -> Iterator[Claim]:
    """Report type changes that scan or build without a rewrite."""
    for action in file.actions(pb.AT_AlterColumnType):
        effects = action.effects
        if effects.rewrite is not Fact.NO or (effects.scan is Fact.NO and not effects.index_build):
            continue
        if not file.is_empty_table(action.table, action.step):
            yield waits(
                action.step,
                f"Changing the type of {quote(action.cmd.name)}",
                LOCK,
                action.table,
                Held.BUILD if effects.index_build else Held.SCAN,
                "Drop the CHECK or the index before, and afterwards add it again: the CHECK NOT VALID, then VALIDATE; "
                "the index CONCURRENTLY.",
                fact=Fact.YES if effects.index_build else effects.scan,
                missing=effects.missing,
                how_long="while the column's indexes are built again" if effects.index_build else "",
            )
