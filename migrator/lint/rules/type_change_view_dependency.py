"""Changes the type of a column that a view reads, which the server refuses.

Why:
    A view, a materialized view or a rule holds the types of the columns that it reads, so that the server answers
    `cannot alter type of a column used by a view or rule`, perhaps after other statements have run.

Given:
    CREATE TABLE users (id int, name varchar(10));
    CREATE VIEW names AS SELECT name FROM users;

Bad:
    ALTER TABLE users ALTER COLUMN name TYPE varchar(20);

Good:
    BEGIN;
    DROP VIEW names;
    ALTER TABLE users ALTER COLUMN name TYPE varchar(20);
    CREATE VIEW names AS SELECT name FROM users;
    COMMIT;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.names import quote
from migrator.statements.parse import pb

CATEGORY = Category.ERROR
_READERS = frozenset({"view", "materialized view", "rule", "trigger", "policy"})


def check(file: FileContext) -> Iterator[Claim]:
    """Report type changes of columns that are known to be read by a view."""
    for action in file.actions(pb.AT_AlterColumnType):
        readers = action.step.schema.dependents_of(action.table, action.cmd.name)
        names = [f"{reader.kind} {reader.name}" for reader in readers if reader.kind in _READERS]
        if names:
            yield action.step.claim(
                f"{quote(action.cmd.name)} is read by {', '.join(names)}: the server refuses to change its type.",
                "Drop the view and create it again around the change, in one transaction; better, add a column of the "
                "new type beside the old.",
                table=action.table,
            )
