"""Make an integer key bigint, with every foreign key that refers to it, before its values run out.

`ALTER COLUMN id TYPE bigint` writes the table, its indexes and every referencing table again under ACCESS EXCLUSIVE.
Here each integer column gets a bigint twin that follows it; the contract swaps them in one short transaction per
table. The application goes on with the same names throughout.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from migrator.errors import RecipeRefused
from migrator.names import TableName, quote
from migrator.recipes.carried_views import without_views
from migrator.recipes.key_chain import NARROW, refuse_domain, wide_columns
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.phase_text import Step, phase_text
from migrator.recipes.recipe import Recipe, Rendering, Target, slug_of
from migrator.recipes.surroundings import surroundings
from migrator.recipes.sync_trigger import Authority
from migrator.recipes.target import check_replaceable, check_walkable, find_column, find_table
from migrator.recipes.wide_table import Columns, WideTable
from migrator.recipes.wide_views import WideViews, wide_views
from migrator.schema.model import Column, Schema, Table

_NAMED_NOT_NULL = 18
"""From here on NOT NULL is a constraint with a name, made after the column's."""
_SHORT = (
    "Locks: ACCESS EXCLUSIVE on one table at a time for some milliseconds (dropping a foreign key: on both its tables);"
    " nothing is rewritten or scanned."
)


class PrimaryKeyToBigint(Recipe):
    """Make an integer key bigint, with every foreign key that refers to it."""

    kind: Literal["primary_key_to_bigint"] = "primary_key_to_bigint"
    table: Target
    """The table, with its schema: public.users."""
    column: str | None = None
    """The column of the primary key; needed when the key has several."""

    def slug(self) -> str:
        """Return `users_id_to_bigint`."""
        return slug_of(self.table.name, self.column or "key", "to_bigint")

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:
        """Return the migration's files.

        Raises:
            RecipeRefused: the key cannot be widened in this way; says why and what to do.
        """
        wide = self._wide(schema)
        others = [t for name in wide for t, _ in schema.referencing(name) if t.name not in wide]
        names = dict.fromkeys((*wide, *(table.name for table in others)))
        names_not_null = pg_version >= _NAMED_NOT_NULL
        tables = [
            replace(WideTable.of(schema, find_table(schema, name), wide, migration_id), names_not_null=names_not_null)
            for name in names
        ]
        with_columns = [table for table in tables if table.columns]
        views = wide_views(schema, wide)
        return Rendering(
            {
                "migration.toml": manifest_text(self, [table.fill for table in with_columns], has_contract=True),
                "expand.sql": self._expand(with_columns, views),
                "migrate.sql": self._migrate(tables),
                "contract.sql": self._contract(tables, views),
                "abort.sql": self._abort(tables),
                "verify.sql": self._verify(with_columns, views),
            }
        )

    def _wide(self, schema: Schema) -> Columns:
        """Return every column that holds a value of the key, with the name of its twin."""
        root = _root(schema, self.table)

        def check(table: Table, column: Column) -> None:
            check_replaceable(without_views(schema, table, (column.name,)), table, column, keeps_identity=True)
            check_walkable(table)
            _refuse_unwritable(table, column)
            _refuse_deferred(table, column)

        return wide_columns(schema, root, self._key(schema, root), check)

    def _key(self, schema: Schema, root: Table) -> str:
        names = (self.column,) if self.column else root.primary_key
        if len(names) != 1 or names[0] not in root.primary_key:
            key = ", ".join(root.primary_key) or "none"
            raise RecipeRefused(
                f"Which column of {root.name} is to be widened is not clear: its primary key is {key}.",
                "Name one of the key's columns with --column.",
            )
        column = find_column(root, names[0])
        refuse_domain(schema, root, column)
        if column.type not in NARROW:
            raise RecipeRefused(
                f"{root.name}.{column.name} is {column.type}, not an integer.", "There is nothing to do."
            )
        return column.name

    def _expand(self, tables: list[WideTable], views: WideViews) -> str:
        about = (
            (
                f"Expand: each integer that holds a key of {self.table} gets a bigint twin, which follows it by"
                f" trigger: {_pairs(tables)}."
            ),
            _SHORT,
            "Old code never sees a difference, but SELECT * returns more columns. Nobody writes the twins.",
            (
                "In the contract each twin takes its column's name, and with it the last place in the table: until then"
                " INSERT and COPY must name their columns, because without a list the values would go to other columns."
            ),
            *dict.fromkeys(note for table in tables for note in surroundings(table.table)),
        )
        return phase_text(about, [*(table.add() for table in tables), *views.trials()])

    def _migrate(self, tables: list[WideTable]) -> str:
        about = (
            "Migrate, after the backfill: the twins get indexes, NOT NULL, constraints and foreign keys.",
            (
                "Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer;"
                " adding a constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for"
                " milliseconds."
            ),
            "The application never sees a difference.",
        )
        steps: list[Step] = [step for table in tables for step in table.prepare()]
        steps += [step for table in tables for copy in table.references for step in copy.steps]
        return phase_text(about, [*steps, *(f"ANALYZE {table.name}" for table in tables)])

    def _contract(self, tables: list[WideTable], views: WideViews) -> str:
        about = (
            (
                f"Contract: the twins take the place of {_columns(tables)}. There is no way back: from here on keys may"
                " grow beyond 2147483647."
            ),
            _SHORT,
            (
                "Referencing tables go first, so that no key is ever made that they cannot hold. Between two swaps both"
                " sides hold the same small numbers, and the new foreign keys hold."
            ),
            (
                "Every version of the application must read the columns as 64-bit numbers, and name its columns in"
                " INSERT and COPY: they are now the last ones of their tables."
            ),
            (
                "A prepared statement that returns one of them fails with `cached plan must not change result type`"
                " until it is prepared again: after the rollback of a transaction, or after DEALLOCATE ALL. Deploy with"
                " prepared statements off, restart the application after this, or let it try again."
            ),
            *views.notes(),
        )
        steps: list[Step] = [t.sync.flip(Authority.VIEWED) for t in tables if t.name in views.written]
        steps += [*views.steps(), *(step for table in tables for step in table.drop_old_references())]
        steps += [step for table in tables for step in table.widen_sequences()]
        steps += [swap for table in reversed(tables) if (swap := table.swap())]
        steps += [step for table in tables for step in (*table.rename_sequences(), *table.rename_references())]
        steps += [*views.last_steps(), *(f"ANALYZE {table.name}" for table in tables if table.columns)]
        return phase_text(about, steps)

    def _abort(self, tables: list[WideTable]) -> str:
        about = (
            "Abort, before contract: the twins and everything that was made for them go; the tables are as they were.",
            f"{_SHORT} Indexes go without blocking anybody.",
            "The application never notices.",
        )
        steps: list[Step] = [step for table in tables for step in table.drop_new_references()]
        return phase_text(about, [*steps, *(step for table in tables for step in table.undo())])

    def _verify(self, tables: list[WideTable], views: WideViews) -> str:
        about = (
            "Verify, before contract: a row whose twin does not hold the same number. There must be none.",
            (
                "Up to the contract the integers decide, and no key is larger than 2147483647: do it before max"
                f" ({quote(self._shown(tables))}) gets there, because then every insert fails."
            ),
            "Reads each table once; locks nobody out.",
        )
        return phase_text(about, [*(table.verify() for table in tables), *views.checks()])

    def _shown(self, tables: list[WideTable]) -> str:
        return tables[0].columns[0].name


def _root(schema: Schema, name: TableName) -> Table:
    table = schema.table(name)
    if table is not None and table.is_partitioned:
        raise RecipeRefused(
            f"{name} is a partitioned table: the server makes no index of it the primary key (ADD PRIMARY KEY USING"
            " INDEX), so that a twin cannot take the key's place.",
            "Make a second partitioned table with a bigint key, keep it in step by a trigger, fill it partition by"
            " partition, and let the two change names: migrator new custom. Partitions cannot be moved over as they"
            " are: ATTACH asks for equal types.",
        )
    return find_table(schema, name)


def _refuse_unwritable(table: Table, column: Column) -> None:
    if column.is_generated:
        raise RecipeRefused(
            f"{table.name}.{column.name} is a generated column, and a key.", "Drop its foreign key first."
        )
    if column.is_identity and column.identity is None:
        raise RecipeRefused(
            f"How {table.name}.{column.name} is an identity is not known.", "Give --dsn to ask the database."
        )


def _refuse_deferred(table: Table, column: Column) -> None:
    """The twin's index is none of a constraint until the contract, and would look at each row at once."""
    for key in table.constraints:
        if key.kind == "primary key" and column.name in key.columns and "DEFERRABLE" in key.definition:
            raise RecipeRefused(
                f"The primary key {key.name} of {table.name} is DEFERRABLE, and the index of its successor cannot be.",
                "Make a primary key that is not, in a custom migration: a new unique index, built CONCURRENTLY, can"
                " take the old one's place.",
            )


def _pairs(tables: list[WideTable]) -> str:
    return ", ".join(f"{t.name}.{twin.name}" for t in tables for twin in t.twins)


def _columns(tables: list[WideTable]) -> str:
    return ", ".join(_each(tables))


def _each(tables: list[WideTable]) -> Iterator[str]:
    return (f"{table.name}.{column.name}" for table in tables for column in table.columns)
