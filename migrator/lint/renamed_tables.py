"""Tables that get another name or schema under running code: shared by the two rules about them."""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Claim
from migrator.lint.removal import is_made_again
from migrator.lint.wording import new_migration, takes
from migrator.locks import LockLevel
from migrator.names import TableName, quote
from migrator.statements.effects import Held, Rename

_LOCK = LockLevel.ACCESS_EXCLUSIVE


def renamed_tables(file: FileContext, kind: str, what: str) -> Iterator[Claim]:
    """Yield a claim per table, but for contracts, undone renames, new tables, and where another one takes its name."""
    for step in file.of_kind(kind):
        for rename in step.effects.renames:
            if rename.source.kind != "table" or file.may_rename(rename, step) or _is_kept(file, step, rename):
                continue
            table = TableName(rename.source.schema, rename.source.name)
            yield step.claim(
                f"{takes(what, _LOCK, table, 'for an instant')} Afterwards every query that names {table} fails.",
                f"Keep the old name alive as a view, in the same transaction: BEGIN; {step.statement.text}; "
                f"CREATE VIEW {table} AS TABLE {_new_name(rename)}; "
                f"COMMIT;{_or_recipe(rename, table)}",
                lock=_LOCK,
                table=table,
                held=Held.INSTANT,
            )


def _new_name(rename: Rename) -> str:
    """A table that changes its schema has the new one in front already."""
    return rename.new_name if "." in rename.new_name else f"{quote(rename.source.schema)}.{quote(rename.new_name)}"


def _or_recipe(rename: Rename, table: TableName) -> str:
    """The recipe keeps the schema."""
    if "." in rename.new_name:
        return ""
    return f" Or: {new_migration('rename-table', table=table, to=rename.new_name)}"


def _is_kept(file: FileContext, step: Step, rename: Rename) -> bool:
    """Whether a view takes the name over, or another table does: two that change their names in one transaction."""
    source = rename.source
    return any(is_made_again(file, step, source._replace(kind=kind)) for kind in ("view", "table"))
