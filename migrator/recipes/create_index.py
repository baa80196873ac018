"""Build an index beside the traffic, on columns or expressions, unique or not, whole or partial."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from migrator.errors import InputError, RecipeRefused
from migrator.names import MAX_BYTES, TableName, made_name, quote
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.phase_text import phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.target import find_column, find_table
from migrator.schema.expressions import column_refs, parse_one
from migrator.schema.model import Schema
from migrator.statements.parse import Node, deparse


class CreateIndex(Recipe):
    """Build an index beside the traffic."""

    kind: Literal["create_index"] = "create_index"
    table: Target
    """The table, with its schema: public.users."""
    columns: tuple[str, ...] = Field(min_length=1)
    """Columns or expressions, as in CREATE INDEX: `email`, `lower(email)`, `created_at DESC`."""
    unique: bool = False
    """Whether no two rows may have the same values."""
    where: str | None = None
    """Only rows for which this is true are in the index."""
    include: tuple[str, ...] = ()
    """Columns that are stored in the index and not searched."""
    method: str = "btree"
    """The access method."""
    name: str | None = None
    """The index's name; made from the table and the columns when not given."""

    def slug(self) -> str:
        """Return `users_index_email`."""
        return slug_of(self.table.name, "index", *self.columns)

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 the same for all
        """Return the migration's files.

        Raises:
            RecipeRefused: the index cannot be built; says why and what to do.
        """
        table = find_table(schema, self.table)
        node = self._parsed()
        for column in _columns(node):
            find_column(table, column)
        name = self.name or _made_name(self.table, node)
        _check_name(schema, TableName(self.table.schema, name))
        node.index_stmt.idxname = name
        has_expression = any(element.index_elem.HasField("expr") for element in node.index_stmt.index_params)
        return Rendering(
            {
                "migration.toml": manifest_text(self),
                "expand.sql": self._expand(deparse(node), analyze=has_expression),
                "abort.sql": self._abort(TableName(self.table.schema, name)),
            }
        )

    def _parsed(self) -> Node:
        """Return the statement's tree; what the person gave may fill its places and nothing else."""
        unique, where = "UNIQUE " * self.unique, f" WHERE {self.where}" if self.where else ""
        include = f" INCLUDE ({', '.join(self.include)})" if self.include else ""
        on = f"{self.table} USING {quote(self.method)} ({', '.join(self.columns)})"
        try:
            node = parse_one(f"CREATE {unique}INDEX CONCURRENTLY made ON {on}{include}{where}\n")
        except InputError as exc:
            given = ", ".join((*self.columns, *self.include, *([self.where] if self.where else [])))
            raise RecipeRefused(
                f"This cannot be indexed: {given}.", "Write columns and expressions as in CREATE INDEX."
            ) from exc
        return node

    def _expand(self, create: str, *, analyze: bool) -> str:
        about = (
            f"Expand: a {'unique ' * self.unique}index on {self.table}.",
            (
                "Locks: SHARE UPDATE EXCLUSIVE; the build reads the table twice and blocks no reader and no writer. It"
                " waits for older transactions to end."
            ),
            "Both versions of the application see no difference"
            + (", but a duplicate is refused from the build's second pass on." if self.unique else "."),
        )
        return phase_text(about, [create, *([f"ANALYZE {self.table}"] if analyze else [])])

    def _abort(self, index: TableName) -> str:
        about = (
            "Abort: the index goes.",
            "Locks: SHARE UPDATE EXCLUSIVE; blocks no reader and no writer.",
            "Both versions of the application see no difference, except in speed.",
        )
        return phase_text(about, [f"DROP INDEX CONCURRENTLY {index}"])


def _columns(node: Node) -> tuple[str, ...]:
    statement = node.index_stmt
    plain = [e.index_elem.name for e in (*statement.index_params, *statement.index_including_params)]
    return tuple(dict.fromkeys((*filter(None, plain), *column_refs(statement))))


def _made_name(table: TableName, node: Node) -> str:
    return made_name(table.name, *_words(node), suffix="_idx")


def _words(node: Node) -> Iterable[str]:
    """Yield what PostgreSQL would name the index after: each column, and the columns of each expression."""
    for element in node.index_stmt.index_params:
        yield element.index_elem.name or "_".join(column_refs(element.index_elem)) or "expr"


def _check_name(schema: Schema, name: TableName) -> None:
    if len(name.name.encode()) > MAX_BYTES:
        raise RecipeRefused(
            f"The name {name.name!r} is longer than {MAX_BYTES} bytes: the server would cut it.", "Give a shorter one."
        )
    for table in schema.tables.values():
        if table.name == name or (table.name.schema == name.schema and name.name in [i.name for i in table.indexes]):
            raise RecipeRefused(f"{name} exists already (on {table.name}).", "Give another name with --name.")
