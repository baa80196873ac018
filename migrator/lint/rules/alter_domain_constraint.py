"""Gives a domain a new rule, and reads every table that uses it under lock.

Why:
    ALTER DOMAIN … ADD CONSTRAINT and SET NOT NULL take SHARE on every table with a column of the domain, and read every
    row of each: writes to all of them wait. A constraint that is added NOT VALID is instant; VALIDATE takes the same
    locks, but only when it is asked for.

Given:
    CREATE DOMAIN percent AS int;
    CREATE TABLE discounts (id int, value percent);

Bad:
    ALTER DOMAIN percent ADD CONSTRAINT percent_range CHECK (VALUE BETWEEN 0 AND 100);

Good:
    ALTER DOMAIN percent ADD CONSTRAINT percent_range CHECK (VALUE BETWEEN 0 AND 100) NOT VALID;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Claim, Verdict
from migrator.lint.waits import waits
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.nodes import words

LOCK = LockLevel.SHARE
_HELP = (
    "Add the rule as ADD CONSTRAINT … CHECK (…) NOT VALID, and validate it later, when writers can wait; "
    "or put a CHECK on each table, which VALIDATE reads while reads and writes go on."
)


def check(file: FileContext) -> Iterator[Claim]:
    """Report rules that old values must meet: new constraints, and NOT NULL."""
    for step in file.of_kind("alter_domain_stmt"):
        users = [lock.table for lock in step.effects.locks if lock.level >= LOCK]
        if users and step.effects.scan is Fact.YES:
            tables = " and ".join(map(str, users))
            yield waits(step, "ALTER DOMAIN", LOCK, users[0], Held.SCAN, _HELP, on=tables)
        elif step.effects.is_opaque or step.effects.scan is not Fact.NO:
            yield _cannot_tell(step)


def _cannot_tell(step: Step) -> Claim:
    domain = ".".join(words(step.statement.node.alter_domain_stmt.type_name))
    message = takes("ALTER DOMAIN", LOCK, f"each table that uses {domain}", "while every row of it is read")
    return step.claim(
        f"{message} Which tables these are is not known here.",
        _HELP,
        lock=LOCK,
        held=Held.UNKNOWN,
        verdict=Verdict.UNKNOWN,
    )
