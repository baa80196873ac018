"""Changes the type of a column in a way that rewrites the table.

Why:
    Unless the new type only widens the old one, the whole table and all its indexes are written again while nobody
    reads or writes it. Which types are free depends on the present one: varchar(10) to varchar(20) or text is, int to
    bigint and char(n) to text are not. Without the present type the verdict is that nobody can tell.

Given:
    CREATE TABLE users (id int PRIMARY KEY, age int, name varchar(10));

Bad:
    ALTER TABLE users ALTER COLUMN age TYPE bigint;

Good:
    ALTER TABLE users ALTER COLUMN name TYPE varchar(20);
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim
from migrator.lint.rewriting import expression_text, type_text
from migrator.lint.waits import waits
from migrator.lint.wording import new_migration
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Fact, Held
from migrator.statements.facts.columns import definition
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report type changes that rewrite, and those of which nobody can tell without the present type."""
    for action in file.actions(pb.AT_AlterColumnType):
        if action.effects.errors or action.effects.rewrite is Fact.NO or file.is_empty_table(action.table, action.step):
            continue
        yield waits(
            action.step,
            f"Changing the type of {quote(action.cmd.name)}",
            LOCK,
            action.table,
            Held.REWRITE,
            _help(file, action),
            fact=action.effects.rewrite,
            missing=action.effects.missing,
        )


def _help(file: FileContext, action: Action) -> str:
    column = definition(action.cmd).column_def
    to_type = type_text(column.type_name)
    table = file.table(action.table, action.step)
    if table is not None and action.cmd.name in table.primary_key and to_type == "bigint":
        name = action.cmd.name if len(table.primary_key) > 1 else None
        command = new_migration("primary-key-to-bigint", table=action.table, column=name)
        return f"Let a recipe do it beside the traffic, with every foreign key that points here: {command}"
    command = new_migration(
        "change-column-type",
        table=action.table,
        column=action.cmd.name,
        type=to_type,
        to=f"{action.cmd.name}_new",
        up=expression_text(column.raw_default) if column.HasField("raw_default") else None,
    )
    beside = "Add a column of the new type beside the old, fill it in batches, and drop the old one in contract.sql"
    if action.effects.rewrite is Fact.YES:
        return f"{beside}: {command}"
    if any("TimeZone" in words for words in action.effects.missing):
        zone = "If the values are meant in UTC, put SET TimeZone = 'UTC'; before it: then no row is written again."
        return f"{zone} Otherwise: {beside[0].lower()}{beside[1:]}: {command}"
    known = "show the present one with --history, --dsn or a dump"
    return f"{beside}, unless the change only widens the type ({known}): {command}"
