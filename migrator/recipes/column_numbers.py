"""A new column whose rows are numbered, serial or identity, without writing the table again.

`ADD COLUMN … serial` and `… GENERATED AS IDENTITY` number every old row while nobody reads or writes the table. Here
the sequence numbers new rows first, a backfill the old ones, and an identity takes over where the sequence stands.
"""

from dataclasses import dataclass

from migrator.errors import InputError, RecipeRefused
from migrator.names import TableName, literal, made_name, quote
from migrator.recipes.not_null_proof import NotNullProof
from migrator.recipes.phase_text import Step
from migrator.recipes.target import check_relation_name
from migrator.schema.model import Schema, Table
from migrator.schema.types import type_text

_SERIALS = {
    "smallserial": "smallint",
    "serial2": "smallint",
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
}


def is_serial(type_name: str) -> bool:
    """Whether the type is one that stands for a sequence."""
    return type_name.strip().lower() in _SERIALS


@dataclass(frozen=True, slots=True)
class ColumnNumbers:
    """The sequence of a new column, and the steps that make its numbers complete."""

    table: TableName
    column: str
    type: str
    sequence: TableName
    is_identity: bool
    owner: str | None = None
    """Who owns the table, where it is known: a sequence must have the same owner."""
    inserters: tuple[str | None, ...] = ()
    """Who else may insert rows, None for everybody: the default asks them for a right on the sequence."""

    @classmethod
    def of(cls, schema: Schema, found: Table, column: str, type_name: str, *, is_identity: bool) -> "ColumnNumbers":
        """Return the numbers of a column.

        Raises:
            RecipeRefused: the type holds no numbers, or the sequence's name is taken.
        """
        number = _SERIALS.get(type_name.strip().lower()) or _checked(type_name)
        if number not in set(_SERIALS.values()):
            raise RecipeRefused(f"{type_name} cannot be numbered.", "Use bigint, integer or smallint.")
        table = found.name
        # an identity makes its own sequence, of this name; ours must not be in its way
        suffix = "_numbers" if is_identity else "_seq"
        sequence = TableName(table.schema, made_name(table.name, column, suffix=suffix))
        grants = (*found.grants, *(grant for known in found.columns for grant in known.grants))
        inserters = dict.fromkeys(grant.grantee for grant in grants if grant.privilege == "INSERT")
        numbers = cls(table, column, number, sequence, is_identity, found.owner, tuple(inserters))
        for name in dict.fromkeys((sequence, numbers.own)):
            check_relation_name(schema, name)
        return numbers

    @property
    def own(self) -> TableName:
        """The identity's sequence: named here, because two sequences belong to the column for a moment."""
        return TableName(self.table.schema, made_name(self.table.name, self.column, suffix="_seq"))

    @property
    def next_value(self) -> str:
        """The expression that gives a row its number."""
        return f"nextval({literal(str(self.sequence))}::regclass)"

    def about_expand(self, locks: str) -> tuple[str, ...]:
        """Return the head of expand.sql."""
        return (
            f"Expand: {self.table} gets the column {self.column}; a sequence numbers new rows.",
            locks,
            "Old code never sees a difference, but SELECT * returns one column more.",
            "New code must accept NULL until the backfill has given old rows their number.",
        )

    def create(self) -> tuple[str, ...]:
        """Return the transaction that adds the column."""
        alter, column = f"ALTER TABLE {self.table}", quote(self.column)
        return (
            f"CREATE SEQUENCE {self.sequence} AS {self.type}",
            *([] if self.owner is None else [f"ALTER SEQUENCE {self.sequence} OWNER TO {quote(self.owner)}"]),
            *(f"GRANT USAGE ON SEQUENCE {self.sequence} TO {_role(name)}" for name in self.inserters),
            f"{alter} ADD COLUMN {column} {self.type}",
            f"{alter} ALTER COLUMN {column} SET DEFAULT {self.next_value}",
            f"ALTER SEQUENCE {self.sequence} OWNED BY {self.table}.{column}",
        )

    def about_migrate(self) -> tuple[str, ...]:
        """Return the head of migrate.sql."""
        identity = ("Then an identity takes over: it goes on where the sequence stands, in one transaction.",)
        return (
            f"Migrate, after the backfill: {self.column} becomes NOT NULL; a CHECK proves it without a locked scan.",
            *(identity * self.is_identity),
            "Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation blocks no reader and no writer.",
            f"Old code gives {self.column} its number by default; new code must not write NULL.",
        )

    def steps(self) -> tuple[Step, ...]:
        """Return the statements of migrate."""
        proof = NotNullProof(self.table, self.column).steps()
        return (*proof, *self._take_over()) if self.is_identity else proof

    def _take_over(self) -> tuple[Step, ...]:
        column = quote(self.column)
        allowed = "-- migrator: allow drop-sequence: made by expand for this column only, and taken over above"
        return (
            (
                f"ALTER TABLE {self.table} ALTER COLUMN {column} DROP DEFAULT",
                (
                    f"ALTER TABLE {self.table} ALTER COLUMN {column} ADD GENERATED BY DEFAULT AS IDENTITY"
                    f" (SEQUENCE NAME {self.own})"
                ),
                f"SELECT setval({literal(str(self.own))}::regclass, {self.next_value})",
            ),
            f"{allowed}\nDROP SEQUENCE {self.sequence}",
        )


def _role(name: str | None) -> str:
    return "PUBLIC" if name is None else quote(name)


def _checked(type_name: str) -> str:
    try:
        return type_text(type_name)
    except InputError as exc:
        raise RecipeRefused(exc.situation, exc.todo) from exc
