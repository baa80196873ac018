"""Adds a column of a domain with constraints, which writes the whole table again.

Why:
    The server checks the domain's CHECK or NOT NULL for every old row, and writes the whole table and its indexes again
    for that, even when the default is a constant. Of a type that is not known here nobody can tell.

Given:
    CREATE DOMAIN positive AS int CHECK (VALUE > 0);

Bad:
    ALTER TABLE users ADD COLUMN age positive DEFAULT 1;

Good:
    ALTER TABLE users ADD COLUMN age int DEFAULT 1;
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.columns import constraints_of, definition, is_serial, type_words
from migrator.statements.facts.volatility import is_volatile
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE
_NO_DOMAINS = frozenset("citext hstore ltree lquery geometry geography vector halfvec sparsevec cube seg isbn".split())
"""Types of well-known extensions."""


def check(file: FileContext) -> Iterator[Claim]:
    """Report columns that are written for the sake of their type alone; of unknown types a default is what matters."""
    for action in file.actions(pb.AT_AddColumn):
        column = definition(action.cmd).column_def
        if not _is_for_the_type(action, column) or file.is_empty_table(action.table, action.step):
            continue
        name = ".".join(type_words(column))
        yield waits(
            action.step,
            f"ADD COLUMN {quote(column.colname)} of the type {name}",
            LOCK,
            action.table,
            Held.REWRITE,
            "Give the column the domain's base type, and add the rule as a CHECK … NOT VALID that is validated later.",
            fact=action.effects.rewrite,
            missing=action.effects.missing,
        )


def _is_for_the_type(action: Action, column: pb.ColumnDef) -> bool:
    """Whether neither the default nor GENERATED explains the rewrite that the effects tell of."""
    kinds = constraints_of(column)
    if type_words(column)[-1] in _NO_DOMAINS:
        return False
    if (
        action.effects.rewrite is Fact.NO
        or is_serial(column)
        or {pb.CONSTR_IDENTITY, pb.CONSTR_GENERATED} & kinds.keys()
    ):
        return False
    return pb.CONSTR_DEFAULT not in kinds or is_volatile(kinds[pb.CONSTR_DEFAULT].raw_expr)[0] is Fact.NO
