"""Makes a primary key of an index whose columns may be NULL, and reads the whole table under lock.

Why:
    PRIMARY KEY USING INDEX is instant only when its columns are NOT NULL already. When one is not, the statement sets
    it NOT NULL on the way, and reads every row for that under ACCESS EXCLUSIVE.

Given:
    CREATE TABLE users (id bigint, mail text);
    CREATE UNIQUE INDEX users_mail_unique ON users (mail);

Bad:
    ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_mail_unique;

Good:
    ALTER TABLE users ADD CONSTRAINT mail_present CHECK (mail IS NOT NULL) NOT VALID;
    ALTER TABLE users VALIDATE CONSTRAINT mail_present;
    ALTER TABLE users ALTER COLUMN mail SET NOT NULL;
    ALTER TABLE users DROP CONSTRAINT mail_present;
    ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_mail_unique;
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.lint.wording import new_migration
from migrator.locks import LockLevel
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.columns import definition
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report primary keys over indexes whose columns are not known to be NOT NULL."""
    for action in file.actions(pb.AT_AddConstraint):
        constraint = definition(action.cmd).constraint
        if constraint.contype != pb.CONSTR_PRIMARY or not constraint.indexname or action.effects.scan is Fact.NO:
            continue
        if not file.is_empty_table(action.table, action.step):
            yield waits(
                action.step,
                "PRIMARY KEY USING INDEX",
                LOCK,
                action.table,
                Held.SCAN,
                f"Make its columns NOT NULL first, without a scan: {_commands(action)}",
                fact=action.effects.scan,
                missing=action.effects.missing,
            )


def _commands(action: Action) -> str:
    """Return a command for each column that is not NOT NULL; where the index is not known, the command without one."""
    table = action.step.schema.table(action.table)
    name = definition(action.cmd).constraint.indexname
    index = next((each for each in table.indexes if each.name == name), None) if table is not None else None
    if table is None or index is None:
        return new_migration("set-not-null", table=action.table, column="COLUMN")
    columns = (column for key in index.keys if (column := table.column(key)) is not None and not column.is_not_null)
    return " and ".join(new_migration("set-not-null", table=action.table, column=each.name) for each in columns)
