"""The trigger that keeps an old and a new column equal while both versions of the application write.

Its text was measured under load (reference/phases.md §2.1). What must not be lost when it is changed:

- It compares with OLD and is not `UPDATE OF`: a statement that names both columns must not lose the new value.
- `WHEN` keeps updates of other columns free of cost; it needs OLD, so INSERT has a trigger of its own.
- Our backfill says so in `migrator.bypass` and is let through: it is no application's write.
- `zz_` makes it the last BEFORE trigger, after those that change the column.
- `search_path` is pinned: the writer's own must not decide which operator compares.
"""

import re
from dataclasses import dataclass

from migrator.names import TableName, literal, made_name, quote

_EXACT = re.compile(
    r"(smallint|integer|bigint|boolean|oid|uuid|date|bytea|text|name|character varying(\(\d+\))?"
    r"|timestamp(\(\d\))? with(out)? time zone)\Z"
)
"""Types whose `=` is true only for values that are the same to every reader. numeric is none of them (1.0 = 1.00),
nor is citext ('a' = 'A'), interval ('1 day' = '24:00') or box (equal areas); json, xml and point have no `=`."""


def comparable(reference: str, type_name: str, collation: str | None = None) -> str:
    """Return the SQL by which a value of the type is compared exactly: itself, or its text.

    A column's own collation may call different texts equal (a nondeterministic one), so that "C" compares them.
    """
    text = reference if _EXACT.match(type_name) else f"{reference}::text"
    return text if collation is None else f'{text} COLLATE pg_catalog."C"'


@dataclass(frozen=True, slots=True)
class SyncTrigger:
    """The function and its two triggers for one pair of columns of the same type."""

    migration: str
    table: TableName
    old: str
    new: str
    type: str
    collation: str | None = None

    @property
    def function(self) -> str:
        """The qualified name of the function."""
        return f"migrator.{quote(made_name('sync', self.migration))}"

    @property
    def triggers(self) -> tuple[str, str]:
        """The names of the triggers for INSERT and UPDATE."""
        return (
            made_name("zz_migrator", self.migration, suffix="_i"),
            made_name("zz_migrator", self.migration, suffix="_u"),
        )

    def create(self) -> tuple[str, ...]:
        """Return the statements that arm it; they belong in the transaction that adds the column."""
        on_insert, on_update = (quote(name) for name in self.triggers)
        run = f"EXECUTE FUNCTION {self.function}()"
        changed = f"{self._differs(self.old)}\n                       OR {self._differs(self.new)}"
        return (
            f"CREATE FUNCTION {self.function}() RETURNS trigger{self._body(self._sync())}",
            f"CREATE TRIGGER {on_insert} BEFORE INSERT ON {self.table}\n    FOR EACH ROW {run}",
            f"CREATE TRIGGER {on_update} BEFORE UPDATE ON {self.table}\n    FOR EACH ROW WHEN ({changed})\n    {run}",
        )

    def disarm(self) -> str:
        """Return the statement that makes it do nothing; it takes no table lock."""
        return f"CREATE OR REPLACE FUNCTION {self.function}() RETURNS trigger{self._body('    RETURN NEW;')}"

    def drop_triggers(self) -> tuple[str, ...]:
        """Return the statements that remove both triggers."""
        return tuple(f"DROP TRIGGER {quote(name)} ON {self.table}" for name in self.triggers)

    def drop_function(self) -> str:
        """Return the statement that removes the function, after its triggers."""
        return f"DROP FUNCTION {self.function}()"

    def differs(self) -> str:
        """Return the condition of a row on which the two columns are not the same."""
        return f"{self._exact(quote(self.old))} IS DISTINCT FROM {self._exact(quote(self.new))}"

    def unfilled(self) -> str:
        """Return the condition of a row that the backfill still has to fill; rows with nothing to copy are done."""
        old, new = (comparable(quote(name), self.type) for name in (self.old, self.new))
        return f"{new} IS NULL AND {old} IS NOT NULL"

    def _exact(self, reference: str) -> str:
        return comparable(reference, self.type, self.collation)

    def _differs(self, column: str) -> str:
        old, new = (self._exact(f"{row}.{quote(column)}") for row in ("OLD", "NEW"))
        return f"{old} IS DISTINCT FROM {new}"

    def _sync(self) -> str:
        old, new = f"NEW.{quote(self.old)}", f"NEW.{quote(self.new)}"
        return f"""\
    IF current_setting('migrator.bypass', true) = {literal(self.migration)} THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF {comparable(new, self.type)} IS NOT NULL THEN
            {old} := {new};  -- written by new code
        ELSE
            {new} := {old};  -- written by old code
        END IF;
    ELSIF {self._differs(self.new)} THEN
        {old} := {new};  -- new code wins when both changed
    ELSE
        {new} := {old};
    END IF;
    RETURN NEW;"""

    def _body(self, statements: str) -> str:
        mark = "$f$"
        while mark in statements:
            mark = f"{mark[:-1]}f$"
        return (
            "\n    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp"
            f"\n    AS {mark}\nBEGIN\n{statements}\nEND\n{mark}"
        )
