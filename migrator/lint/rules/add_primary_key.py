"""Adds a PRIMARY KEY and builds its index under lock.

Why:
    The index is built under ACCESS EXCLUSIVE, and columns that may be NULL are read for that too: nobody reads or
    writes the table meanwhile. A unique index that was built CONCURRENTLY on NOT NULL columns is taken over in an
    instant by USING INDEX.

Bad:
    ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY (id);

Good:
    CREATE UNIQUE INDEX CONCURRENTLY users_pkey ON users (id);
"""

from collections.abc import Iterable, Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim
from migrator.lint.online import key_in_two_steps
from migrator.lint.waits import waits
from migrator.lint.wording import new_migration
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import words
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report primary keys that build an index."""
    for action in file.actions(pb.AT_AddConstraint):
        constraint = definition(action.cmd).constraint
        if constraint.contype != pb.CONSTR_PRIMARY or constraint.indexname:
            continue
        if file.is_empty_table(action.table, action.step):
            continue
        yield waits(
            action.step,
            "Adding PRIMARY KEY",
            LOCK,
            action.table,
            Held.BUILD,
            f"{_not_null_first(file, action, words(constraint.keys))}Build the index first, outside of a transaction, "
            f"then take it over: {key_in_two_steps(action, 'primary key')}",
        )


def _not_null_first(file: FileContext, action: Action, keys: Iterable[str]) -> str:
    """Return what makes the columns NOT NULL that may not be: else every row is read under the lock."""
    table = file.table(action.table, action.step)
    columns = {column.name: column for column in table.columns} if table is not None else {}
    loose = [key for key in keys if key not in columns or not columns[key].is_not_null]
    commands = "; ".join(new_migration("set-not-null", table=action.table, column=key) for key in loose)
    return f"Unless they are NOT NULL already: {commands}. " if commands else ""
