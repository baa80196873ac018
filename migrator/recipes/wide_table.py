"""One table of `primary_key_to_bigint`: columns that get a bigint twin, which takes their name in the contract.

The application never writes the twin. It follows the column through a trigger, and the swap is one short
transaction: the column goes, the twin gets its name, its default or identity, and the names of its indexes and
constraints.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from migrator.names import TableName, literal, made_name, quote
from migrator.recipes.column_copies import (
    ColumnCopies,
    ConstraintCopy,
    Renaming,
    add_column,
    commented,
    copies,
    key_copies,
)
from migrator.recipes.formula import Formula
from migrator.recipes.manifest_text import Fill
from migrator.recipes.not_null_constraint import NotNullConstraint, held_constraint
from migrator.recipes.not_null_proof import NotNullProof
from migrator.recipes.phase_text import Step
from migrator.recipes.shared_sequence import counted_sequences
from migrator.recipes.succession import last_prefix
from migrator.recipes.sync_trigger import Authority, SyncTrigger
from migrator.schema.model import Column, Schema, Table
from migrator.schema.parts import Identity

WIDE = "bigint"
Columns = Mapping[TableName, Mapping[str, str]]
"""Table -> column -> the name of its twin."""

_LOCKED_ALREADY = "-- migrator: allow drop-index-non-concurrent: this transaction holds the table's lock already"


@dataclass(frozen=True, slots=True)
class WideTable:
    """What is done to one table; one without columns only has foreign keys that must refer to the twins."""

    table: Table
    columns: tuple[Column, ...]
    twins: tuple[Column, ...]
    sync: SyncTrigger
    copies: ColumnCopies
    keys: tuple[ConstraintCopy, ...]
    """Foreign keys that keep their own columns and refer to twins."""
    names_not_null: bool = False
    """Whether NOT NULL is a constraint with a name (18)."""

    @classmethod
    def of(cls, schema: Schema, table: Table, wide: Columns, migration: str) -> "WideTable":
        """Return the table with what hangs on its columns.

        Raises:
            RecipeRefused: an index or constraint cannot be copied.
        """
        names = wide.get(table.name, {})
        columns = tuple(column for column in table.columns if column.name in names)
        twins = tuple(replace(c, name=names[c.name], type=WIDE, identity=None) for c in columns)
        up = {names[column.name]: Formula.of_column(column.name) for column in columns}
        down = {column.name: Formula.of_column(names[column.name]) for column in columns}
        part = _part(table.name, wide)
        sync = SyncTrigger(migration, table.name, columns, twins, up, down, authority=Authority.EACH, part=part)
        sync = replace(sync, prefix=last_prefix(schema, table))
        renaming = Renaming(names, keys=wide)
        own = copies(schema, table, renaming)
        done = {copy.old.name for copy in own.foreign_keys}
        keys = tuple(copy for copy in key_copies(schema, table, renaming) if copy.old.name not in done)
        return cls(table, columns, twins, sync, own, keys)

    @property
    def name(self) -> TableName:
        """The table's name."""
        return self.table.name

    @property
    def fill(self) -> Fill:
        """The backfill of the twins."""
        return Fill.of(self.table, {name: formula.text for name, formula in self.sync.up.items()}, self.sync.unfilled())

    def add(self) -> tuple[str, ...]:
        """Return the transaction that adds the twins and what fills them."""
        added = (s for column, twin in self._pairs() for s in add_column(self.table, column_as(column), twin.name))
        return (*added, *self.sync.create())

    def prepare(self) -> Iterator[Step]:
        """Yield the steps that make the twins able to take the columns' place; foreign keys come after."""
        primary = [self.copies.primary] if self.copies.primary else []
        for copy in (*primary, *self.copies.indexes, *self.copies.uniques):
            yield from copy.steps
        for twin in self.twins:
            if twin.is_not_null:
                yield from self._not_null(twin).steps() if self.names_not_null else self._proof(twin).steps()
        for copy in self.copies.checks:
            yield from copy.steps
        yield from (self._set_default(c, t) for c, t in self._pairs() if self._defaults_by_key(c))

    def _proof(self, twin: Column) -> NotNullProof:
        return NotNullProof(self.name, twin.name)

    def _not_null(self, twin: Column) -> NotNullConstraint:
        """Return the constraint under a name that we know: what the server would choose depends on what is taken."""
        return NotNullConstraint(self.name, twin.name, made_name(self.name.name, twin.name, suffix="_not_null"))

    def _defaults_by_key(self, column: Column) -> bool:
        """Whether a foreign key's ON DELETE SET DEFAULT writes the column: then the twin's must write the same."""
        keys = (c.old for c in self.copies.foreign_keys if column.name in c.old.columns)
        return column.default is not None and any("SET DEFAULT" in key.definition for key in keys)

    def _set_default(self, column: Column, twin: Column) -> str:
        return self._alter(f"ALTER COLUMN {quote(twin.name)} SET DEFAULT {column.default}")

    @property
    def references(self) -> tuple[ConstraintCopy, ...]:
        """All foreign keys of the table that are made again."""
        return (*self.copies.foreign_keys, *self.keys)

    def drop_old_references(self) -> Iterator[str]:
        """Yield the statements that end the foreign keys to and from the narrow columns."""
        yield from (self._alter(f"DROP CONSTRAINT {quote(copy.old.name)}") for copy in self.references)

    def widen_sequences(self) -> Iterator[str]:
        """Yield the statements that let the columns' sequences count further, also those that no column owns."""
        own = [c.sequence for c in self.columns if c.sequence is not None]
        counted = [s for c in self.columns if c.default is not None for s in counted_sequences(c.default)]
        yield from (f"ALTER SEQUENCE {sequence} AS {WIDE}" for sequence in dict.fromkeys((*own, *counted)))

    def swap(self) -> tuple[str, ...]:
        """Return the transaction in which the twins take the columns' place and every name of theirs."""
        if not self.columns:
            return ()
        return (*self.sync.drop_triggers(), *self._hand_over(), *self._exchange(), self.sync.drop_function())

    def rename_references(self) -> Iterator[str]:
        """Yield what gives the old name to the foreign keys of a table that is not swapped."""
        if not self.columns:
            yield from (self._rename(copy.name, copy.old.name) for copy in self.keys)

    def _hand_over(self) -> Iterator[str]:
        """Yield what gives sequences and defaults to the twins before the columns go."""
        for column, twin in self._pairs():
            new = quote(twin.name)
            if column.sequence is not None:
                yield f"ALTER SEQUENCE {column.sequence} OWNED BY {self.name}.{new}"
            if column.default is not None and not self._defaults_by_key(column):
                yield self._set_default(column, twin)
            if column.identity is not None:
                sequence = self._new_sequence(twin)
                options = " ".join((f"SEQUENCE NAME {sequence}", *column.identity.options))
                yield self._alter(f"ALTER COLUMN {new} ADD GENERATED {column.identity.when} AS IDENTITY ({options})")
                yield from _sequence_properties(sequence, column.identity)
                # nextval would fail where the old one has reached its end
                value = f"setval({literal(str(sequence))}, last_value, is_called)"
                yield f"SELECT {value} FROM {column.identity.sequence}"  # noqa: S608 text of a file

    def _new_sequence(self, twin: Column) -> TableName:
        return TableName(self.name.schema, made_name(self.name.name, twin.name, suffix="_seq"))

    def _exchange(self) -> Iterator[str]:
        own = (*self.copies.uniques, *self.copies.checks)
        keys = [c for c in self.table.constraints if c.kind == "primary key" and self.copies.primary]
        drops = [f"DROP CONSTRAINT {quote(old.name)}" for old in (*keys, *(copy.old for copy in own))]
        separator = ",\n    "
        drops += [f"DROP COLUMN {quote(column.name)}" for column in self.columns]
        yield from (self._alter(f"REPLICA IDENTITY USING INDEX {quote(name)}") for name in self._identities())
        # By name, because the gate lets nothing vanish silently with a column.
        for index in self.copies.indexes:
            yield f"{_LOCKED_ALREADY}\nDROP INDEX {TableName(self.name.schema, index.old.name)}"
        if self.copies.clustered is not None:
            yield self._alter(f"CLUSTER ON {quote(self.copies.clustered)}")
        yield f"ALTER TABLE {self.name}\n    {separator.join(drops)}"
        for column, twin in self._pairs():
            yield self._alter(f"RENAME COLUMN {quote(twin.name)} TO {quote(column.name)}")
        if self.copies.primary:
            using = quote(self.copies.primary.name)
            yield self._alter(f"ADD CONSTRAINT {quote(keys[0].name)} PRIMARY KEY USING INDEX {using}")
            yield from commented(self.table, keys[0], keys[0].name)
        for index in self.copies.indexes:
            yield f"ALTER INDEX {TableName(self.name.schema, index.name)} RENAME TO {quote(index.old.name)}"
        yield from (self._rename(copy.name, copy.old.name) for copy in (*own, *self.references))
        yield from self._rename_not_nulls() if self.names_not_null else ()

    def _identities(self) -> Iterator[str]:
        """Yield the copy of the index that is the replica identity; with the index alone it would be nothing."""
        primary = (self.copies.primary,) if self.copies.primary else ()
        for index in (i for i in self.table.indexes if i.is_replica_identity):
            yield from (copy.name for copy in (*self.copies.indexes, *primary) if copy.old.name == index.name)
            yield from (copy.name for copy in self.copies.uniques if copy.old.name == index.constraint)

    def _rename_not_nulls(self) -> Iterator[str]:
        for column, twin in self._pairs():
            if column.is_not_null:
                old = NotNullConstraint.of(self.table, column.name)
                yield self._rename(self._not_null(twin).name, old.name)
                held = held_constraint(self.table, column.name)
                yield from commented(self.table, held, held.name) if held else ()

    def rename_sequences(self) -> Iterator[str]:
        """Yield what gives an identity's new sequence the old one's name, which went with the column."""
        for column, twin in self._pairs():
            if column.identity is not None:
                yield f"ALTER SEQUENCE {self._new_sequence(twin)} RENAME TO {quote(column.identity.sequence.name)}"

    def undo(self) -> Iterator[Step]:
        """Yield the steps of the abort; foreign keys to the twins are gone before."""
        primary = [self.copies.primary] if self.copies.primary else []
        for copy in (*primary, *self.copies.indexes):
            yield from copy.drops
        for copy in (*self.copies.uniques, *self.copies.checks):
            yield self._alter(f"DROP CONSTRAINT {quote(copy.name)}")
        if self.columns:
            drops = ", ".join(f"DROP COLUMN {quote(twin.name)}" for twin in self.twins)
            yield (*self.sync.drop_triggers(), self._alter(drops), self.sync.drop_function())

    def drop_new_references(self) -> Iterator[str]:
        """Yield the statements that end the foreign keys to and from the twins."""
        yield from (self._alter(f"DROP CONSTRAINT {quote(copy.name)}") for copy in self.references)

    def verify(self) -> str:
        """Return the query for a row on which a twin does not hold what its column holds."""
        shown = dict.fromkeys((*self.table.primary_key, *(n for c, t in self._pairs() for n in (c.name, t.name))))
        listed = ", ".join(map(quote, shown))
        return f"SELECT {listed}\nFROM {self.name}\nWHERE {self.sync.differs()}\nLIMIT 1"

    def _pairs(self) -> Iterable[tuple[Column, Column]]:
        return zip(self.columns, self.twins, strict=True)

    def _alter(self, action: str) -> str:
        return f"ALTER TABLE {self.name} {action}"

    def _rename(self, old: str, new: str) -> str:
        return self._alter(f"RENAME CONSTRAINT {quote(old)} TO {quote(new)}")


def _sequence_properties(sequence: TableName, identity: Identity) -> Iterator[str]:
    """Yield what gives the new sequence the comment and the rights of the old one."""
    if identity.comment is not None:
        yield f"COMMENT ON SEQUENCE {sequence} IS {literal(identity.comment)}"
    for grant in identity.grants:
        grantee = "PUBLIC" if grant.grantee is None else quote(grant.grantee)
        option = " WITH GRANT OPTION" if grant.is_grantable else ""
        yield f"GRANT {grant.privilege} ON SEQUENCE {sequence} TO {grantee}{option}"


def column_as(column: Column) -> Column:
    """Return the column as its twin is added: wide, with its comment, rights and settings."""
    return replace(column, type=WIDE)


def twin_name(table: Table, column: str) -> str:
    """Return a name that no column of the table has."""
    name = made_name(column, WIDE)
    while table.column(name) is not None:
        name = made_name(name, "2")
    return name


def _part(name: TableName, wide: Columns) -> str:
    """Return the word that tells this table's trigger from those of the others."""
    names = [table for table in wide if table.name == name.name]
    return name.name if len(names) < 2 else f"{name.schema}_{name.name}"  # noqa: PLR2004 another schema's namesake
