"""References a column of another type.

Why:
    A foreign key from int to bigint works until the numbers outgrow int, and each check casts; between types without a
    common comparison the server refuses the key.

Given:
    CREATE TABLE users (id bigint PRIMARY KEY);
    CREATE TABLE orders (id bigint, user_id int);

Bad:
    ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;

Good:
    ALTER TABLE orders ADD COLUMN buyer_id bigint;
    ALTER TABLE orders ADD CONSTRAINT orders_buyer_fk FOREIGN KEY (buyer_id) REFERENCES users (id) NOT VALID;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim, Severity
from migrator.names import TableName
from migrator.schema.facts.columns import compared_type, stored_type
from migrator.schema.model import Schema
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import table_name, words
from migrator.statements.parse import pb

CATEGORY = Category.ERROR
SEVERITY = Severity.WARNING


def check(file: FileContext) -> Iterator[Claim]:
    """Report foreign keys whose columns are known to differ in type."""
    for action in file.actions(pb.AT_AddConstraint):
        constraint = definition(action.cmd).constraint
        if constraint.contype != pb.CONSTR_FOREIGN:
            continue
        parent = table_name(constraint.pktable)
        known = file.table(parent, action.step)
        keys = tuple(words(constraint.pk_attrs)) or (known.primary_key if known is not None else ())
        for own, other in zip(words(constraint.fk_attrs), keys, strict=False):
            types = _type(action.step, action.table, own), _type(action.step, parent, other)
            if types[0] and types[1] and differ(action.step.schema, types[0], types[1]):
                yield action.step.claim(
                    f"{action.table}.{own} is {types[0]}, and {parent}.{other} is {types[1]}.",
                    "Give both columns the same type: add a column of the other's type and fill it in batches.",
                    severity=SEVERITY,
                    table=action.table,
                )


def differ(schema: Schema, own: str, other: str) -> bool:
    """Whether the server must cast to compare them; other lengths and scales of one type are compared as they are."""
    return compared_type(schema, own) != compared_type(schema, other)


def _type(step: Step, table: TableName, column: str) -> str | None:
    known = step.schema.table(table)
    found = known.column(column) if known is not None else None
    return stored_type(step.schema, found.type) if found is not None else None
