"""The phases of a change in which new columns, kept in step by a trigger, take the place of old ones.

Renaming, changing the type, splitting, merging: the recipes say which columns there are and how a value gets from
one side to the other, and this writes the files. Both sides exist from expand to contract, so that each version of
the application works with the columns that it knows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from migrator.names import TableName, quote
from migrator.recipes import lazy_view
from migrator.recipes.carried_views import NO_VIEWS, CarriedViews
from migrator.recipes.column_copies import ColumnCopies, ConstraintCopy
from migrator.recipes.manifest_text import Fill, manifest_text
from migrator.recipes.not_null_proof import NotNullProof
from migrator.recipes.phase_text import Step, phase_text
from migrator.recipes.recipe import Recipe, Rendering
from migrator.recipes.surroundings import surroundings
from migrator.recipes.sync_trigger import Authority, SyncTrigger
from migrator.schema.model import Table

NO_COPIES = ColumnCopies((), (), (), ())
MUST_ANSWER = (
    "An expression that fails makes the statement fail, for old code as well: it must have an answer for every value."
)
NOT_COPIED = (
    "The indexes and constraints of {} go with it and are not copied: make those that new code needs before, with"
    " migrator new create-index, add-check and set-not-null."
)


@dataclass(frozen=True, slots=True)
class SecondColumns:
    """What the files are made of."""

    table: Table
    sync: SyncTrigger
    added: tuple[str, ...]
    """The statements that add the new columns."""
    copies: ColumnCopies = NO_COPIES
    incoming: tuple[tuple[TableName, ConstraintCopy], ...] = ()
    """Foreign keys of other tables that refer to the old column."""
    defaults: Mapping[str, str] = field(default_factory=dict[str, str])
    """New column -> the default that it gets in the contract."""
    not_null: tuple[str, ...] = ()
    """New columns that become NOT NULL in migrate."""
    trials: tuple[str, ...] = ()
    """Statements that fail when an expression cannot run, and take the whole transaction of expand back."""
    is_exact: bool = True
    """Whether no value changes on its way to the new column and back."""
    expand_notes: tuple[str, ...] = ()
    migrate_notes: tuple[str, ...] = ()
    contract_notes: tuple[str, ...] = ()
    before: tuple[Step, ...] = ()
    """Steps before everything else."""
    after_contract: tuple[Step, ...] = ()
    after_abort: tuple[Step, ...] = ()
    views: CarriedViews = NO_VIEWS
    """Views over the old columns: they go on reading them, and the contract begins by making them again."""
    is_lazy: bool = False  # whether a file shows how new code reads before the backfill has ended

    @property
    def old(self) -> tuple[str, ...]:
        """The names of the old columns."""
        return tuple(column.name for column in self.sync.old)

    @property
    def new(self) -> tuple[str, ...]:
        """The names of the new columns."""
        return tuple(column.name for column in self.sync.new)

    def rendering(self, recipe: Recipe) -> Rendering:
        """Return the files of all phases."""
        if "tripwire" in recipe.evidence and not self.sync.is_wired:
            return replace(self, sync=replace(self.sync, is_wired=True)).rendering(recipe)
        values = {name: self.sync.up[name].text for name in self.new}
        fill = Fill.of(self.table, values, self.sync.unfilled(), is_comparable=self.is_exact)
        more = {lazy_view.FILE: lazy_view.lazy_text(self.table, self.old, values)} if self.is_lazy else {}
        return Rendering(
            {
                "migration.toml": manifest_text(recipe, [fill], has_contract=True),
                "expand.sql": self._expand(),
                "migrate.sql": self._migrate(),
                "contract.sql": self._contract(),
                "abort.sql": self._abort(),
                "verify.sql": self._verify(),
                **more,
            }
        )

    def _expand(self) -> str:
        """The default stays on the old column: one that fires for old code would look like new code's value."""
        old, new, several = _listed(self.old), _listed(self.new), len(self.new) > 1
        kept = "keeps the two equal" if self.sync.is_copy else "translates each write to the other side"
        reads_only = self.sync.authority is Authority.OLD
        about = (
            f"Expand: {self.table.name} gets the column{'s' * several} {new} beside {old}; a trigger {kept}.",
            "Locks: ACCESS EXCLUSIVE on the table for some milliseconds, once; nothing is rewritten or scanned.",
            f"Old code goes on with {old} and never sees a difference.",
            (
                f"New code may read {new} after the backfill, and write only after migrate: until then they follow"
                f" {old}, and a write to them alone fails."
            )
            if reads_only
            else f"New code may write {new}; it may read {'them' if several else 'it'} after the backfill, because"
            " older rows are still empty.",
            (
                f"SELECT * returns {_COUNTS.get(len(self.new), str(len(self.new)))} more. One transaction, so that no"
                " row is ever written without the trigger."
            ),
            *self.expand_notes,
            *surroundings(self.table),
        )
        # last, because the path holds for what comes after it; types of columns may lie elsewhere
        trial = (_PINNED.format(self._path()), *self.trials) if self.trials else ()
        return phase_text(about, [*self.before, (*self.added, *self.sync.create(), *trial), *self.views.trials])

    def _path(self) -> str:
        return ", ".join(("pg_catalog", *map(quote, self.sync.path), "pg_temp"))

    def _migrate(self) -> str:
        new = _listed(self.new)
        what = f"{new} gets the indexes and constraints of {_listed(self.old)}"
        has_copies = self.copies != NO_COPIES or self.incoming or self.not_null
        about = (
            f"Migrate, after the backfill: {what if has_copies else f'the statistics of {new} are gathered'}.",
            (
                "Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer;"
                " adding a constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for"
                " milliseconds."
            )
            if has_copies
            else "Locks: SHARE UPDATE EXCLUSIVE; blocks no reader and no writer.",
            f"Old and new code both work. New code may say ON CONFLICT ({new}) only after this phase."
            if has_copies
            else "Old and new code both work.",
            *self.migrate_notes,
        )
        steps: list[Step] = [step for copy in self.copies.indexes for step in copy.steps]
        steps += [step for copy in self.copies.uniques for step in copy.steps]
        steps += [step for copy in self.copies.not_nulls for step in copy.steps]
        named = {column for copy in self.copies.not_nulls for column in copy.old.columns}
        for name in self._proven(named):
            steps += NotNullProof(self.table.name, name).steps()
        keys = (*self.copies.checks, *self.copies.foreign_keys, *(copy for _, copy in self.incoming))
        steps += [step for copy in keys for step in copy.steps]
        steps.append(f"ANALYZE {self.table.name}")
        if self.sync.authority is Authority.OLD:
            steps.append(self.sync.flip(Authority.BOTH))
        return phase_text(about, steps)

    def _proven(self, named: set[str]) -> Iterable[str]:
        """Yield the new columns whose NOT NULL has no name to keep."""
        pairs = zip(self.old, self.new, strict=False)
        taken = {new for old, new in pairs if old in named}
        return (name for name in self.not_null if name not in taken)

    def _contract(self) -> str:
        old, new = _listed(self.old), _listed(self.new)
        goes, stays = _verb(self.old, "go"), _verb(self.new, "stay")
        about = (
            f"Contract: {old} {goes}, {new} {stays}. Old code fails from here on; there is no way back.",
            (
                "Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the"
                f" table it refers to); {self._index_words('are dropped')}."
            ),
            (
                f"First goes everything that could refuse a row without {old}, then the trigger is disarmed"
                f" (no table lock), then trigger and column{'s' * (len(self.old) > 1)} go in one transaction: in any"
                " other order an insert fails."
            ),
            *self._flip_note(),
            *self.views.notes(new),
            *self.contract_notes,
        )
        loosened, prepared = list(self._loosen()), list(self._prepare())
        flip = [self.sync.flip(Authority.NEW)] if (loosened or prepared) and not self.sync.is_copy else []
        # The default moves before the flip: after it an insert that names no column would put NULL into the old one.
        removal = (self.sync.disarm(), self._remove(self.old))
        return phase_text(about, [*self.views.steps, *loosened, *flip, *prepared, *removal, *self.after_contract])

    def _index_words(self, verb: str) -> str:
        if self.table.is_partitioned:
            return "its partitions are locked with it, and their indexes go with those of the table"
        return f"indexes {verb} without blocking anybody"

    def _flip_note(self) -> tuple[str, ...]:
        if self.sync.is_copy:
            return ()
        follow = f"{_listed(self.old)} only {_verb(self.old, 'follow')}"
        return (f"While it runs {follow}: what anybody still writes there is lost.",)

    def _loosen(self) -> Iterable[Step]:
        """Yield what makes an old column take every row of new code."""
        table = self.table.name
        for column in self.sync.old:
            if column.sequence is not None:
                yield f"ALTER SEQUENCE {column.sequence} OWNED BY {table}.{quote(self.new[0])}"
                yield from self._count_further(column.type, column.sequence)
        if actions := self._loosened():
            separator = ",\n    "
            yield f"ALTER TABLE {table}\n    {separator.join(actions)}"

    def _count_further(self, type_name: str, sequence: TableName) -> Iterable[str]:
        """Yield what lets a sequence count as far as the new column holds numbers; ALTER COLUMN TYPE would not."""
        wider = "bigint" if self.sync.new[0].type.startswith("numeric") else self.sync.new[0].type
        if {type_name, wider} <= set(_WHOLE) and _WHOLE.index(type_name) < _WHOLE.index(wider):
            yield f"ALTER SEQUENCE {sequence} AS {wider}"

    def _prepare(self) -> Iterable[Step]:
        """Yield what else must go before the columns do."""
        table = self.table.name
        if self.copies.clustered is not None:
            yield f"ALTER TABLE {table} CLUSTER ON {quote(self.copies.clustered)}"
        yield from (_drop_constraint(name, copy.old.name) for name, copy in self.incoming)
        for kind in ("foreign key", "unique"):
            yield from (_drop_constraint(table, name) for name in self._constraints(kind))
        yield from self._drop_old_indexes()

    def _loosened(self) -> list[str]:
        """Return the actions of one ALTER: the default moves, and nothing of an old column refuses NULL any more."""
        actions = [f"ALTER COLUMN {quote(name)} SET DEFAULT {text}" for name, text in self.defaults.items()]
        for column in self.sync.old:
            name = quote(column.name)
            actions += [f"ALTER COLUMN {name} DROP DEFAULT"] * (column.default is not None)
            actions += [f"ALTER COLUMN {name} DROP NOT NULL"] * column.is_not_null
        return [*actions, *(f"DROP CONSTRAINT {quote(name)}" for name in self._constraints("check"))]

    def _constraints(self, kind: str) -> tuple[str, ...]:
        """Return the names of the table's constraints of a kind that read an old column."""
        table, old = self.table, set(self.old)
        return tuple(c.name for c in table.constraints if c.kind == kind and not old.isdisjoint(table.held_columns(c)))

    def _drop_old_indexes(self) -> Iterable[Step]:
        """A partitioned index cannot be dropped concurrently; those of the partitions go with it, in milliseconds."""
        how = "" if self.table.is_partitioned else "CONCURRENTLY "
        for index in self.table.indexes:
            if index.constraint is None and not set(self.old).isdisjoint(index.columns):
                yield f"DROP INDEX {how}{TableName(self.table.name.schema, index.name)}"

    def _remove(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        drops = ", ".join(f"DROP COLUMN {quote(name)}" for name in columns)
        return (*self.sync.drop_triggers(), f"ALTER TABLE {self.table.name} {drops}", self.sync.drop_function())

    def _abort(self) -> str:
        new = _listed(self.new)
        about = (
            (
                f"Abort, before contract: {new} and everything that was made for"
                f" {'it' if len(self.new) == 1 else 'them'} go; the table is as it was."
            ),
            f"Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; {self._index_words('go')}.",
            f"Old code never notices. New code that names {new} fails: take it back first.",
        )
        table = self.table.name
        constraints = (*self.copies.foreign_keys, *self.copies.checks, *self.copies.uniques)
        steps: list[Step] = [_drop_constraint(name, copy.name) for name, copy in self.incoming]
        if not self.table.is_partitioned:
            steps += [step for copy in self.copies.indexes for step in copy.drops]
        steps += [_drop_constraint(table, copy.name) for copy in constraints]
        return phase_text(about, [*steps, self._remove(self.new), *self.after_abort])

    def _verify(self) -> str:
        key = self.table.primary_key
        shown = ", ".join(quote(name) for name in dict.fromkeys((*key, *self.old, *self.new)))
        differ = "differ" if self.sync.is_copy else "fit in neither direction"
        about = (
            f"Verify, before contract: a row on which {_listed((*self.old, *self.new))} {differ}. There must be none.",
            "Reads the table once; locks nobody out.",
        )
        select = f"SELECT {shown}\nFROM {self.table.name}\nWHERE {self.sync.differs()}\nLIMIT 1"
        return phase_text(about, [select, *self.views.checks])


_WHOLE = ("smallint", "integer", "bigint")
_COUNTS = {1: "one column", 2: "two columns", 3: "three columns"}
_PINNED = "SET LOCAL search_path = {}"


def _drop_constraint(table: TableName, name: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {quote(name)}"


def _verb(names: tuple[str, ...], verb: str) -> str:
    """Return the verb for one or several: `goes`, `go`."""
    if len(names) > 1:
        return verb
    return f"{verb}es" if verb.endswith("o") else f"{verb}s"


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
