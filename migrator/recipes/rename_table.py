"""Rename a table while old code goes on with the old name, which becomes a view until contract.

A view of all columns of one table is updatable, and the columns' defaults fire as before: SELECT, INSERT, UPDATE,
DELETE, RETURNING, ON CONFLICT and FOR UPDATE work through it (reference/phases.md §2.2). What does not work stands in
the head of expand.sql.
"""

from collections.abc import Iterator
from typing import Literal

from migrator.errors import RecipeRefused
from migrator.names import TableName, made_name, quote
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.phase_text import phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import check_relation_name, find_table
from migrator.schema.model import Grant, Schema, Table

_INVOKER_SINCE = 15
_ON_VIEWS = ("SELECT", "INSERT", "UPDATE", "DELETE")
_LOCKS = "Locks: ACCESS EXCLUSIVE on the table for milliseconds; nothing is rewritten or scanned."


class RenameTable(Recipe):
    """Rename a table while old code goes on with the old name."""

    kind: Literal["rename_table"] = "rename_table"
    table: Target
    """The table, with its schema: public.users."""
    to: str
    """Its new name; the schema stays."""
    rename_parts: bool = False
    """Give indexes, constraints and sequences that are named after the table their new names, in contract."""
    published: bool = False
    """Rename it although a publication sends it: subscribers know a table by its name."""

    def slug(self) -> str:
        """Return `users_to_people`."""
        return slug_of(self.table.name, "to", self.to)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 names no object
        """Return the migration's files.

        Raises:
            RecipeRefused: the table cannot be renamed; says why and what to do.
        """
        table = find_table(schema, self.table, partitioned=True, part=True)
        check_relation_name(schema, self._new)
        is_invoker = pg_version >= _INVOKER_SINCE and _all_may_read(table)
        if table.has_row_security and not is_invoker:
            _refuse_row_security(table, pg_version)
        if table.row_functions:
            raise RecipeRefused(
                f"Functions take a row of {self.table}, and old code could not call them with a row of the view in its"
                f" place: {', '.join(table.row_functions)}.",
                "Let each take the columns that it reads, or rename the table by hand: migrator new custom.",
            )
        if table.publications and not self.published:
            raise RecipeRefused(
                f"The publication {', '.join(table.publications)} sends {self.table}, and subscribers find a table by"
                " its name: replication would stop.",
                "Rename it on each subscriber at the same moment, and give --published.",
            )
        return Rendering(
            {
                "migration.toml": manifest_text(self, has_contract=True),
                "expand.sql": self._expand(schema, table, is_invoker=is_invoker),
                "contract.sql": self._contract(schema, table),
                "abort.sql": self._abort(),
            }
        )

    @property
    def _new(self) -> TableName:
        return TableName(self.table.schema, self.to)

    def _expand(self, schema: Schema, table: Table, *, is_invoker: bool) -> str:
        rights = (
            "The rights that others have on the table are given on the view too."
            if schema.is_complete
            else "Rights: those that the migrations folder tells are given on the view too. Compare them with the"
            " server's, or render with --dsn."
        )
        about = (
            f"Expand: {self.table} becomes {self._new}; a view keeps the old name. One transaction: nobody sees a gap.",
            _LOCKS,
            "Old code goes on with the old name and never sees a difference. New code may use the new name at once.",
            (
                "Through the old name these fail: COPY, TRUNCATE, ALTER TABLE, CREATE INDEX, ON CONFLICT ON CONSTRAINT,"
                " ctid and xmin, pg_get_serial_sequence, and MERGE before PostgreSQL 17."
            ),
            "Indexes, constraints and sequences keep their names, so that code which names them goes on.",
            rights,
        )
        view = (self._view(table, is_invoker=is_invoker), *self._defaults(table), *self._rights(table))
        return phase_text(about, [(*self._rename(), *view)])

    def _rename(self) -> tuple[str, ...]:
        return (f"ALTER TABLE {self.table} RENAME TO {quote(self.to)}",)

    def _view(self, table: Table, *, is_invoker: bool) -> str:
        invoker = " WITH (security_invoker = true)" if is_invoker else ""
        columns = ",\n    ".join(quote(column.name) for column in table.columns)
        return f"CREATE VIEW {self.table}{invoker} AS\nSELECT\n    {columns}\nFROM {self._new}"

    def _defaults(self, table: Table) -> Iterator[str]:
        """Yield the columns' defaults for the view: without its own, SET column = DEFAULT through it means NULL."""
        for column in table.columns:
            if column.default is not None and not column.is_generated:
                yield f"ALTER VIEW {self.table} ALTER COLUMN {quote(column.name)} SET DEFAULT {column.default}"

    def _rights(self, table: Table) -> Iterator[str]:
        if table.owner is not None:
            yield f"ALTER VIEW {self.table} OWNER TO {quote(table.owner)}"
        for grant in table.grants:
            if grant.privilege in _ON_VIEWS:
                yield self._grant(grant, "")
        for column in table.columns:
            for grant in column.grants:
                if grant.privilege in _ON_VIEWS:
                    yield self._grant(grant, f" ({quote(column.name)})")

    def _grant(self, grant: Grant, column: str) -> str:
        grantee = "PUBLIC" if grant.grantee is None else quote(grant.grantee)
        option = " WITH GRANT OPTION" if grant.is_grantable else ""
        return f"GRANT {grant.privilege}{column} ON {self.table} TO {grantee}{option}"

    def _contract(self, schema: Schema, table: Table) -> str:
        parts = tuple(self._parts(schema, table)) if self.rename_parts else ()
        about = (
            f"Contract: the view {self.table} goes. Old code fails from here on; there is no way back but a new view.",
            "Locks: ACCESS EXCLUSIVE on the view only"
            + (
                ", then for milliseconds SHARE UPDATE EXCLUSIVE on each index, ACCESS EXCLUSIVE on the table for a"
                " constraint and on each sequence."
                if parts
                else "."
            ),
            f"New code, which uses {self._new}, sees no difference"
            + (", unless it names an index, constraint or sequence." if parts else "."),
        )
        return phase_text(about, [f"DROP VIEW {self.table}", *parts])

    def _parts(self, schema: Schema, table: Table) -> Iterator[str]:
        """Yield what renames each part that carries the table's name; an index takes its constraint with it."""
        for index in table.indexes:
            if name := self._renamed(schema, index.name):
                yield f"ALTER INDEX {TableName(self.table.schema, index.name)} RENAME TO {quote(name)}"
        for constraint in table.constraints:
            is_named = constraint.kind in ("check", "foreign key", "not null") and not constraint.is_inherited
            if is_named and (name := self._renamed(schema, constraint.name)):
                yield f"ALTER TABLE {self._new} RENAME CONSTRAINT {quote(constraint.name)} TO {quote(name)}"
        for column in table.columns:
            sequence = column.identity.sequence if column.identity else column.sequence
            if sequence and (name := self._renamed(schema, sequence.name)):
                yield f"ALTER SEQUENCE {sequence} RENAME TO {quote(name)}"

    def _renamed(self, schema: Schema, name: str) -> str | None:
        """Return the part's new name, or None when it does not carry the table's."""
        rest = name.removeprefix(f"{self.table.name}_")
        if rest == name:
            return None
        new = TableName(self.table.schema, made_name(self.to, rest))
        check_relation_name(schema, new)
        return new.name

    def _abort(self) -> str:
        about = (
            f"Abort, before contract: the view goes, and {self._new} is {self.table} again.",
            _LOCKS,
            f"Old code never notices. New code that names {self._new} fails: take it back first.",
        )
        back = f"ALTER TABLE {self._new} RENAME TO {quote(self.table.name)}"
        return phase_text(about, [(f"DROP VIEW {self.table}", back)])


def _all_may_read(table: Table) -> bool:
    """Whether everybody who may do anything to the table may read all of it.

    A view with `security_invoker` asks that of its user, also for an INSERT; any other reads as the table's owner.
    """
    readers = {grant.grantee for grant in table.grants if grant.privilege == "SELECT"}
    everybody = {grant.grantee for grant in (*table.grants, *(g for column in table.columns for g in column.grants))}
    return None in readers or everybody <= readers


def _refuse_row_security(table: Table, pg_version: int) -> None:
    if pg_version < _INVOKER_SINCE:
        raise RecipeRefused(
            f"{table.name} has row security, and before PostgreSQL 15 a view reads as its owner: everybody would see"
            " every row.",
            "Rename it when the server is 15 or newer.",
        )
    raise RecipeRefused(
        f"{table.name} has row security, and roles that may not read all of its columns: a view in its place would"
        " show them every row, or refuse what they may do.",
        "GRANT SELECT on the whole table to these roles first.",
    )
