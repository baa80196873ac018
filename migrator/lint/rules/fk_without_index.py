"""Adds a foreign key that no index supports.

Why:
    Each DELETE or UPDATE of a referenced row reads the whole table for rows that point at it, under a lock on them.
    Off by default: parents whose rows never go need no index.

Given:
    CREATE TABLE users (id int PRIMARY KEY);
    CREATE TABLE orders (id int, user_id int);

Bad:
    ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;

Good:
    CREATE INDEX CONCURRENTLY orders_user ON orders (user_id);
    ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.names import quote
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import words
from migrator.statements.parse import pb

CATEGORY = Category.COMPATIBILITY
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report foreign keys without a whole index, here or before, that begins with their columns."""
    after = file.schema_after
    for action in file.actions(pb.AT_AddConstraint):
        constraint = definition(action.cmd).constraint
        table = after.table(action.table)
        if constraint.contype != pb.CONSTR_FOREIGN or table is None or table.is_incomplete:
            continue
        keys = tuple(words(constraint.fk_attrs))
        if not any(index.keys[: len(keys)] == keys and index.predicate is None for index in table.indexes):
            yield action.step.claim(
                f"No index of {action.table} begins with ({', '.join(keys)}): a DELETE of a referenced row reads all.",
                f"CREATE INDEX CONCURRENTLY ON {action.table} ({', '.join(map(quote, keys))});",
                severity=SEVERITY,
                table=action.table,
            )
