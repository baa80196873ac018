"""A statement in its place, and one action of an ALTER TABLE: what rules judge and make claims about."""

from dataclasses import dataclass

from migrator.lint.finding import Category, Claim, Edit, Fix, Severity, Verdict
from migrator.lint.progress import Progress
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.schema.model import Schema
from migrator.statements.effects import Effects, Held, ObjectRef
from migrator.statements.parse import pb
from migrator.statements.statement import Span, Statement


@dataclass(frozen=True, slots=True)
class Step:
    """A statement in its place: what it does, and the session and the schema before it."""

    number: int
    """Of the statement in its file; what a DO block runs has the number of the block."""
    order: int
    """Unique, in the order of execution; what a DO block runs comes after the block."""
    statement: Statement
    effects: Effects
    progress: Progress
    schema: Schema
    """As known before the statement."""
    is_inner: bool = False
    """Whether it stands in the body of a DO block or of a function that is called."""
    has_inner: bool = False
    """Whether it is such a block or call, whose statements are steps of their own."""

    def claim(
        self,
        message: str,
        help: str,  # noqa: A002 the word that people read
        *,
        severity: Severity = Severity.ERROR,
        lock: LockLevel | None = None,
        table: TableName | None = None,
        held: Held | None = None,
        verdict: Verdict = Verdict.UNSAFE,
        category: Category | None = None,
        fix: Fix | None = None,
    ) -> Claim:
        """Return a claim about this statement; an unknown verdict is a warning at most."""
        return Claim(
            line=self.statement.line,
            message=message,
            help=help,
            severity=Severity.WARNING if verdict is Verdict.UNKNOWN else severity,
            lock=lock,
            table=table,
            step=self.number,
            category=category,
            verdict=verdict,
            held=held,
            span=self.statement.span if self.is_inner else None,
            fix=None if self.is_inner else fix,
        )

    def replaced(self, title: str, text: str) -> Fix:
        """Return the fix that writes this text in the statement's place."""
        return Fix(title, (Edit(self.statement.span, text),))

    def with_line_before(self, title: str, line: str) -> Fix:
        """Return the fix that puts a line before the statement."""
        start = self.statement.span.start
        return Fix(title, (Edit(Span(start, start), f"{line}\n"),))


@dataclass(frozen=True, slots=True)
class Action:
    """One action of an ALTER TABLE, with its own effects."""

    step: Step
    cmd: pb.AlterTableCmd
    table: TableName
    effects: Effects
    is_only: bool
    """Whether its statement holds no other action."""

    @property
    def column(self) -> ObjectRef:
        """The column that the action names."""
        return ObjectRef("column", self.table.schema, self.cmd.name, self.table.name)
