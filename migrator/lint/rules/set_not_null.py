"""Sets a column NOT NULL with a scan of the whole table under lock.

Why:
    SET NOT NULL reads every row while nobody reads or writes the table, unless a valid CHECK (column IS NOT NULL)
    already proves it. Add the CHECK as NOT VALID, validate it in a statement of its own (reads and writes go on),
    and only then set NOT NULL, again in a statement of its own.

Given:
    CREATE TABLE users (id int PRIMARY KEY, mail text);

Bad:
    ALTER TABLE users ALTER COLUMN mail SET NOT NULL;

Good:
    ALTER TABLE users ADD CONSTRAINT users_mail_present CHECK (mail IS NOT NULL) NOT VALID;
    ALTER TABLE users VALIDATE CONSTRAINT users_mail_present;
    ALTER TABLE users ALTER COLUMN mail SET NOT NULL;
    ALTER TABLE users DROP CONSTRAINT users_mail_present;
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim
from migrator.lint.proof import is_proven_not_null
from migrator.lint.waits import waits
from migrator.lint.wording import new_migration
from migrator.locks import LockLevel
from migrator.names import made_name, quote
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import words
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report columns that are set NOT NULL without a valid CHECK, here or in the migrations before."""
    for action in file.actions(pb.AT_SetNotNull, pb.AT_AddConstraint):
        column = _column(action.cmd)
        if column is None or action.effects.scan is Fact.NO or file.is_empty_table(action.table, action.step):
            continue
        if action.effects.scan is Fact.UNKNOWN and is_proven_not_null(file, action.step, action.table, column):
            continue
        yield waits(
            action.step,
            f"Setting {quote(column)} NOT NULL",
            LOCK,
            action.table,
            Held.SCAN,
            _help(action, column),
            fact=action.effects.scan,
            missing=action.effects.missing,
        )


def _help(action: Action, column: str) -> str:
    name = quote(made_name(action.table.name, column, suffix="_present"))
    return (
        f"Prove it first, each in its own statement: ALTER TABLE {action.table} ADD CONSTRAINT {name} "
        f"CHECK ({quote(column)} IS NOT NULL) NOT VALID; ALTER TABLE {action.table} VALIDATE CONSTRAINT {name}; "
        f"or: {new_migration('set-not-null', table=action.table, column=column)}"
    )


def _column(cmd: pb.AlterTableCmd) -> str | None:
    """Return the column that becomes NOT NULL; from 18 on this may be a constraint of its own."""
    if cmd.subtype == pb.AT_SetNotNull:
        return cmd.name
    constraint = definition(cmd).constraint
    return words(constraint.keys)[0] if constraint.contype == pb.CONSTR_NOTNULL else None
