"""Drops a table or column with foreign keys, and locks every table that they reference.

Why:
    A foreign key leaves triggers on the table that it references. To take them away, DROP TABLE, DROP COLUMN and DROP
    CONSTRAINT need ACCESS EXCLUSIVE on that table as well: on a busy parent that stops all reads. With several foreign
    keys, all parents are locked at once. Drop the keys one by one first, each in its own transaction.

Given:
    CREATE TABLE users (id int PRIMARY KEY);
    CREATE TABLE shops (id int PRIMARY KEY);
    CREATE TABLE visits (
        user_id int CONSTRAINT visits_user_fk REFERENCES users, shop_id int CONSTRAINT visits_shop_fk REFERENCES shops
    );

Bad:
    -- migrator: allow drop-table: nothing reads it since release 12
    DROP TABLE visits;

Good:
    ALTER TABLE visits DROP CONSTRAINT visits_user_fk;
    ALTER TABLE visits DROP CONSTRAINT visits_shop_fk;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Claim, Severity
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.names import TableName, quote
from migrator.schema.model import Constraint
from migrator.statements.effects import Held

LOCK = LockLevel.ACCESS_EXCLUSIVE
SEVERITY = Severity.WARNING


def check(file: FileContext) -> Iterator[Claim]:
    """Report drops that lock two or more referenced tables at once."""
    for step in file.of_kind("drop_stmt", "alter_table_stmt"):
        refs = step.effects.removes
        found = [pair for ref in refs for pair in _keys(step, ref.kind, ref.schema, ref.table, ref.name)]
        parents = dict.fromkeys(key.references for _, key in found if key.references and _is_other(file, key, step))
        if len(parents) > 1:
            drops = "; ".join(f"ALTER TABLE {table} DROP CONSTRAINT {quote(key.name)}" for table, key in found)
            yield step.claim(
                takes(
                    "The drop of its foreign keys", LOCK, " and ".join(map(str, parents)), "for an instant, together"
                ),
                f"Drop the foreign keys first, each in its own transaction: {drops};",
                severity=SEVERITY,
                lock=LOCK,
                table=next(iter(parents)),
                held=Held.INSTANT,
            )


def _is_other(file: FileContext, key: Constraint, step: Step) -> bool:
    return key.references is not None and not file.is_new_table(key.references, step)


def _keys(step: Step, kind: str, schema: str, table: str, name: str) -> Iterator[tuple[TableName, Constraint]]:
    known = step.schema.table(TableName(schema, table or name))
    if known is None:
        return
    for constraint in known.constraints:
        is_gone = kind == "table" or (kind == "column" and name in constraint.columns) or constraint.name == name
        if constraint.kind == "foreign key" and is_gone and constraint.references != known.name:
            yield known.name, constraint
