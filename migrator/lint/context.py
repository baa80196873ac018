"""What a rule may ask about a file: its statements in order with their effects, and what came before each.

A file of a migration also knows its phase, and the files of the same folder that run before it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from migrator.lint.finding import Claim, Severity
from migrator.lint.progress import Progress
from migrator.lint.source import Source
from migrator.lint.suppression import Suppression, read_suppressions
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Effects, ObjectRef, Rename
from migrator.statements.facts import effects_of
from migrator.statements.facts.alter_table import action_effects
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import parse_sql, pb
from migrator.statements.statement import Statement, SyntaxProblem

PHASES_BEFORE = {
    "expand": (),
    "migrate": ("expand",),
    "contract": ("expand", "migrate"),
    "abort": ("expand", "migrate"),
}
"""Files of a migration's folder, by name, and those of the same folder that ran before."""


@dataclass(frozen=True, slots=True)
class Step:
    """A statement in its place: what it does, and the session's state before it."""

    number: int
    statement: Statement
    effects: Effects
    progress: Progress

    def claim(
        self,
        message: str,
        help: str,  # noqa: A002 the word that people read
        *,
        severity: Severity = Severity.ERROR,
        lock: LockLevel | None = None,
        table: TableName | None = None,
    ) -> Claim:
        """Return a claim about this statement."""
        return Claim(self.statement.line, message, help, severity, lock, table, self.number)


@dataclass(frozen=True, slots=True)
class Action:
    """One action of an ALTER TABLE, with its own effects."""

    step: Step
    cmd: pb.AlterTableCmd
    table: TableName
    effects: Effects


@dataclass(frozen=True)
class FileContext:
    """One file, read and understood as far as it goes."""

    source: Source
    pg_version: int
    steps: tuple[Step, ...]
    problems: tuple[SyntaxProblem, ...]
    known_rules: frozenset[str]
    """Rules that a suppression may name."""
    sibling: Callable[[str], "FileContext | None"]
    """Reads `<name>.sql` of the same migration folder; None where there is none."""
    unused: tuple[Suppression, ...] = field(default=())
    """Suppressions that suppressed nothing; known only after all rules have run."""

    @cached_property
    def phase(self) -> str | None:
        """expand, migrate, contract or abort, by the file's name."""
        stem = Path(self.source.path).name.removesuffix(".sql")
        return stem if stem in PHASES_BEFORE else None

    @cached_property
    def before(self) -> tuple["FileContext", ...]:
        """The files of the same migration that have run when this one starts."""
        found = (self.sibling(name) for name in PHASES_BEFORE.get(self.phase or "", ()))
        return tuple(file for file in found if file is not None)

    @cached_property
    def suppressions(self) -> tuple[Suppression, ...]:
        """Every comment that begins with `migrator:`."""
        return tuple(read_suppressions(self.source.text, [step.statement for step in self.steps]))

    @cached_property
    def _by_kind(self) -> dict[str, list[Step]]:
        kinds: dict[str, list[Step]] = {}
        for step in self.steps:
            kinds.setdefault(step.statement.kind, []).append(step)
        return kinds

    @cached_property
    def _by_action(self) -> dict[int, list[Action]]:
        actions: dict[int, list[Action]] = {}
        for step in self.of_kind("alter_table_stmt"):
            for action in _actions(step):
                actions.setdefault(action.cmd.subtype, []).append(action)
        return actions

    @cached_property
    def _created_at(self) -> dict[ObjectRef, int]:
        """The first statement that surely makes each object: IF NOT EXISTS may find an old one."""
        made = ((ref, step.number) for step in self.steps if not _may_exist(step) for ref in step.effects.creates)
        first: dict[ObjectRef, int] = {}
        for ref, number in made:
            first.setdefault(ref, number)
        return first

    def of_kind(self, *kinds: str) -> Sequence[Step]:
        """Return the statements of these kinds, in order."""
        return [step for kind in kinds for step in self._by_kind.get(kind, ())]

    def actions(self, *subtypes: int) -> Iterator[Action]:
        """Yield the ALTER TABLE actions of these subtypes, in order within each."""
        for subtype in subtypes:
            yield from self._by_action.get(subtype, ())

    def is_made_here(self, ref: ObjectRef, step: Step) -> bool:
        """Whether an earlier statement of this file made the object, so that no running code uses it."""
        return self._created_at.get(ref, step.number) < step.number

    def is_new_table(self, table: TableName, step: Step) -> bool:
        """Whether an earlier statement of this file made the table: its locks disturb nobody."""
        kinds = ("table", "materialized view")
        return any(self.is_made_here(ObjectRef(kind, table.schema, table.name), step) for kind in kinds)

    def may_remove(self, ref: ObjectRef, step: Step) -> bool:
        """Whether removing it breaks no code: in the contract, in an abort of what was made, or made in this file."""
        if self.phase == "contract" or self.is_made_here(ref, step):
            return True
        table = TableName(ref.schema, ref.table)
        return (bool(ref.table) and self.is_new_table(table, step)) or self._is_undone(ref)

    def may_rename(self, rename: Rename, step: Step) -> bool:
        """Whether the rename breaks no code: as for removing, or it gives back a name that expand took away."""
        taken = (taken for file in self.before for earlier in file.steps for taken in earlier.effects.renames)
        names = {(taken.source.kind, taken.source.table, taken.new_name) for taken in taken}
        is_undone = self.phase == "abort" and (rename.source.kind, rename.source.table, rename.source.name) in names
        return is_undone or self.may_remove(rename.source, step)

    def _is_undone(self, ref: ObjectRef) -> bool:
        made = {made for file in self.before for step in file.steps for made in step.effects.creates}
        return self.phase == "abort" and (ref in made or ObjectRef("table", ref.schema, ref.table) in made)

    def steps_before(self, step: Step) -> Iterator[Step]:
        """Yield what has run before the statement: earlier files of the migration, then earlier statements."""
        for file in self.before:
            yield from file.steps
        yield from self.steps[: step.number]


def _actions(step: Step) -> Iterator[Action]:
    statement = step.statement.node.alter_table_stmt
    table = table_name(statement.relation)
    for node in statement.cmds:
        yield Action(step, node.alter_table_cmd, table, action_effects(node.alter_table_cmd, table))


def _may_exist(step: Step) -> bool:
    node = step.statement.node
    match step.statement.kind:
        case "create_stmt":
            return node.create_stmt.if_not_exists
        case "create_table_as_stmt":
            return node.create_table_as_stmt.if_not_exists
        case "index_stmt":
            return node.index_stmt.if_not_exists
        case "alter_table_stmt":
            return any(command.alter_table_cmd.missing_ok for command in node.alter_table_stmt.cmds)
        case _:
            return False


def read_steps(text: str, pg_version: int) -> tuple[tuple[Step, ...], tuple[SyntaxProblem, ...]]:
    """Parse the text once and return its statements in their places, and what could not be read."""
    parsed = parse_sql(text)
    steps: list[Step] = []
    progress = Progress()
    for number, statement in enumerate(parsed.statements):
        steps.append(Step(number, statement, effects_of(statement, pg_version), progress))
        progress = progress.after(statement)
    return tuple(steps), parsed.problems
