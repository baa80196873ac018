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

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.names import quote
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
        keys = ", ".join(map(quote, words(constraint.keys)))
        yield waits(
            action.step,
            "Adding PRIMARY KEY",
            LOCK,
            action.table,
            Held.BUILD,
            f"Make the columns NOT NULL first (migrator new set-not-null), then CREATE UNIQUE INDEX CONCURRENTLY … ON "
            f"{action.table} ({keys}); ALTER TABLE {action.table} ADD CONSTRAINT … PRIMARY KEY USING INDEX …;",
        )
