"""What a rule may ask about a file: its statements in order with their effects, and what came before each.

A file of a migration also knows its phase, and the files of the same folder that run before it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from migrator.clock import SystemClock
from migrator.lint.bulk import filled_tables
from migrator.lint.dump import is_dump
from migrator.lint.halves import Half
from migrator.lint.judging import judge_action
from migrator.lint.made import first_of, is_there, may_exist, under_new_names
from migrator.lint.reading import Reading, read_steps
from migrator.lint.source import Source
from migrator.lint.step import Action, Step
from migrator.lint.suppression import Suppression, read_suppressions
from migrator.lint.template import Filling
from migrator.lint.transactions import Transactions
from migrator.names import TableName
from migrator.schema.model import Schema, Table
from migrator.statements.effects import ObjectRef, Rename
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import pb
from migrator.statements.statement import Span, SyntaxProblem

__all__ = ["PHASES_BEFORE", "Action", "FileContext", "Step", "read_steps"]

PHASES_BEFORE = {
    "expand": (),
    "migrate": ("expand",),
    "contract": ("expand", "migrate"),
    "abort": ("expand", "migrate"),
}
"""Files of a migration's folder, by name, and those of the same folder that ran before."""


@dataclass(frozen=True)
class FileContext:
    """One file, read and understood as far as it goes."""

    source: Source
    reading: Reading
    """What was known before the file's first statement."""
    every: tuple[Step, ...]
    """All statements in order, also those in the bodies of DO blocks, which follow their block."""
    problems: tuple[SyntaxProblem, ...]
    schema_after: Schema
    """The schema that the file leaves behind."""
    known_rules: frozenset[str]
    """Rules that a suppression may name."""
    sibling: Callable[[str], "FileContext | None"]
    """Reads `<name>.sql` of the same migration folder; None where there is none."""
    filling: Filling
    """The text as it is written, where the source's is that of a template with its placeholders filled."""
    half: Half
    """Which way the text goes, and how its runner sends it."""
    unused: tuple[Suppression, ...] = field(default=())
    """Suppressions that suppressed nothing; known only after all rules have run."""

    @property
    def pg_version(self) -> int:
        """The server's major version."""
        return self.reading.pg_version

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The file's own statements, by number."""
        return tuple(step for step in self.every if not step.is_inner)

    @cached_property
    def leaves(self) -> tuple[Step, ...]:
        """What runs, each once: a DO block gives way to the statements of its body."""
        return tuple(step for step in self.every if not step.has_inner)

    @cached_property
    def phase(self) -> str | None:
        """expand, migrate, contract or abort, by the file's name; another tool's way back is an abort."""
        if self.half.is_back:
            return "abort"
        stem = Path(self.source.path).name.removesuffix(".sql")
        return stem if stem in PHASES_BEFORE else None

    @cached_property
    def contract_by(self) -> date | None:
        """The date by which the migration's contract was to run; None without a manifest that says one."""
        manifest = Path(self.source.path).parent / "migration.toml"
        if self.phase is None or not manifest.is_file():
            return None
        import tomllib  # only a migration's folder has a manifest

        with suppress(OSError, ValueError):  # an unreadable manifest is reported by every other command
            found = tomllib.loads(manifest.read_text(encoding="utf-8")).get("contract", {}).get("contract_by")
            return found if isinstance(found, date) else date.fromisoformat(str(found)) if found else None
        return None

    @cached_property
    def today(self) -> date:
        """The day on which the file is judged."""
        return SystemClock().now().date()

    @cached_property
    def before(self) -> tuple["FileContext", ...]:
        """The files of the same migration that have run when this one starts."""
        found = (self.sibling(name) for name in PHASES_BEFORE.get(self.phase or "", ()))
        return tuple(file for file in found if file is not None)

    @cached_property
    def transactions(self) -> Transactions:
        """The locks that the file's transactions gather until they commit."""
        return Transactions(self.leaves)

    @cached_property
    def suppressions(self) -> tuple[Suppression, ...]:
        """Every comment that begins with `migrator:`."""
        return tuple(read_suppressions(self.source.text, [step.statement for step in self.steps]))

    @cached_property
    def _by_kind(self) -> dict[str, list[Step]]:
        kinds: dict[str, list[Step]] = {}
        for step in self.leaves:
            kinds.setdefault(step.statement.kind, []).append(step)
        return kinds

    @property
    def kinds(self) -> frozenset[str | int]:
        """The kinds of its statements, and the subtypes of the actions in its ALTER TABLEs."""
        trees = (step.statement.node.alter_table_stmt for step in self._by_kind.get("alter_table_stmt", ()))
        return frozenset(self._by_kind).union(node.alter_table_cmd.subtype for tree in trees for node in tree.cmds)

    @cached_property
    def _by_action(self) -> dict[int, list[Action]]:
        actions: dict[int, list[Action]] = {}
        for step in self.of_kind("alter_table_stmt"):
            for action in self._actions(step):
                actions.setdefault(action.cmd.subtype, []).append(action)
        return actions

    def _actions(self, step: Step) -> Iterator[Action]:
        statement = step.statement.node.alter_table_stmt
        if statement.objtype == pb.OBJECT_TYPE:
            return  # attributes of a composite type are no columns
        table = table_name(statement.relation)
        is_only = len(statement.cmds) == 1
        known = step.schema.table(table)
        commands = [node.alter_table_cmd for node in statement.cmds]
        commands = [cmd for cmd in commands if not is_there(cmd, known)]  # IF NOT EXISTS: only the lock is taken
        if is_only and commands and not step.effects.errors and statement.objtype == pb.OBJECT_TABLE:
            # The statement does what its only action does: judging that again took a twentieth of a large run.
            yield Action(step, commands[0], table, step.effects, is_only)
            return
        settings = step.progress.settings
        for cmd in commands:
            effects = judge_action(cmd, step.statement, step.schema, self.pg_version, settings)
            yield Action(step, cmd, table, effects, is_only)

    @cached_property
    def _created_at(self) -> dict[ObjectRef, int]:
        """The first statement that surely makes each object: IF NOT EXISTS may find an old one."""
        made = ((ref, step) for step in self.leaves for ref in step.effects.creates)
        sure = first_of((ref, step) for ref, step in made if not may_exist(step) or self._is_absent(ref, step))
        return under_new_names(sure, self.leaves)

    @cached_property
    def _perhaps_created_at(self) -> dict[ObjectRef, int]:
        """The first statement that makes each table unless it is there already."""
        steps = (step for step in self.leaves if may_exist(step) and not self._is_anything_known)
        return first_of((ref, step) for step in steps for ref in step.effects.creates)

    @cached_property
    def _is_anything_known(self) -> bool:
        """Whether a schema was given or replayed, so that what it does not hold is not there."""
        return self.reading.schema.is_complete or bool(self.reading.schema.tables)

    def _is_absent(self, ref: ObjectRef, step: Step) -> bool:
        if not self._is_anything_known:
            return False
        name = TableName(ref.schema, ref.table or ref.name)
        table = step.schema.table(name)
        match ref.kind:
            case "table":
                return table is None
            case "column":
                return table is not None and not table.is_incomplete and table.column(ref.name) is None
            case "index":
                return step.schema.index(name) is None
            case _:
                return False

    @cached_property
    def _filled_at(self) -> dict[TableName, int]:
        """The first statement that may have put many rows into each table."""
        if is_dump(self.source.text):
            return {}  # it is loaded where nobody reads or writes yet
        filled = ((table, step) for step in self.leaves for table in filled_tables(step))
        first = first_of((ObjectRef("table", *table), step) for table, step in filled)
        return {TableName(ref.schema, ref.name): order for ref, order in under_new_names(first, self.leaves).items()}

    def written(self, span: Span) -> str:
        """Return a part of the text as it is written, placeholders and all."""
        place = self.filling.place(span)
        return self.filling.written[place.start : place.end]

    def of_kind(self, *kinds: str) -> Sequence[Step]:
        """Return the statements of these kinds, in order."""
        return [step for kind in kinds for step in self._by_kind.get(kind, ())]

    def actions(self, *subtypes: int) -> Iterator[Action]:
        """Yield the ALTER TABLE actions of these subtypes, in order within each."""
        if "alter_table_stmt" in self._by_kind:
            for subtype in subtypes:
                yield from self._by_action.get(subtype, ())

    def table(self, name: TableName, step: Step) -> Table | None:
        """Return the table as it is known before the statement; None when nothing is known of it."""
        return step.schema.table(name)

    def is_made_here(self, ref: ObjectRef, step: Step) -> bool:
        """Whether an earlier statement of this file made the object, so that no running code uses it."""
        return self._created_at.get(ref, step.order) < step.order

    def is_new_table(self, table: TableName, step: Step) -> bool:
        """Whether an earlier statement of this file made the table: no running code knows it."""
        kinds = ("table", "materialized view", "sequence", "view")
        return any(self.is_made_here(ObjectRef(kind, table.schema, table.name), step) for kind in kinds)

    def may_be_new(self, table: TableName, step: Step) -> bool:
        """Whether an earlier statement may have made the table, empty, and nothing is known that says otherwise."""
        ref = ObjectRef("table", table.schema, table.name)
        is_filled = self._filled_at.get(table, step.order) < step.order
        return not is_filled and self._perhaps_created_at.get(ref, step.order) < step.order

    def is_empty_table(self, table: TableName, step: Step) -> bool:
        """Whether the table is new and nothing has filled it: no lock on it lasts, and none disturbs anybody."""
        return self._filled_at.get(table, step.order) >= step.order and self.is_new_table(table, step)

    def is_new_column(self, table: TableName, column: str, step: Step) -> bool:
        """Whether an earlier statement of this file added the column or made its table."""
        ref = ObjectRef("column", table.schema, column, table.name)
        return self.is_made_here(ref, step) or self.is_new_table(table, step)

    def may_remove(self, ref: ObjectRef, step: Step) -> bool:
        """Whether removing it breaks no code: in the contract, in an abort of what was made, or made in this file."""
        if self.phase == "contract" or self.is_made_here(ref, step):
            return True
        table = TableName(ref.schema, ref.table)
        return (bool(ref.table) and self.is_new_table(table, step)) or self._is_undone(ref)

    def may_rename(self, rename: Rename, step: Step) -> bool:
        """Whether the rename breaks no code: as for removing, or it gives back a name that expand took away."""
        taken = (taken for file in self.before for earlier in file.leaves for taken in earlier.effects.renames)
        names = {(taken.source.kind, taken.source.table, taken.new_name) for taken in taken}
        is_undone = self.phase == "abort" and (rename.source.kind, rename.source.table, rename.source.name) in names
        return is_undone or self.may_remove(rename.source, step)

    def _is_undone(self, ref: ObjectRef) -> bool:
        if self.phase != "abort":
            return False
        made = {made for file in self.before for step in file.leaves for made in step.effects.creates}
        return ref in made or ObjectRef("table", ref.schema, ref.table) in made

    def steps_before(self, step: Step) -> Iterator[Step]:
        """Yield what has run before the statement: earlier files of the migration, then earlier statements."""
        for file in self.before:
            yield from file.leaves
        for earlier in self.leaves:
            if earlier.order < step.order:
                yield earlier
