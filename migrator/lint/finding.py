"""What a rule says of a statement, and where: values, never exceptions.

A rule yields `Claim`s; the runner adds the rule, the place and the code around it and makes `Finding`s of them, which
are what the reports print.
"""

from dataclasses import dataclass
from enum import Enum

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Held
from migrator.statements.statement import Span


class Severity(Enum):
    """`error` fails CI, `warning` does not, unless `--fail-on` says otherwise."""

    ERROR = "error"
    WARNING = "warning"


class Category(Enum):
    """What is at stake."""

    LOCK = "lock"
    """Reads or writes wait."""
    COMPATIBILITY = "compatibility"
    """Code that runs today breaks."""
    DATA_LOSS = "data-loss"
    TRANSACTION = "transaction"
    """Transactions, timeouts, and what is left behind when a statement fails."""
    ERROR = "error"
    """It fails at run time, or cannot be read."""
    STYLE = "style"


class Verdict(Enum):
    """`unknown`: the text and the schema at hand cannot tell; the message says what is missing."""

    UNSAFE = "unsafe"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of the span; an empty span inserts."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A mechanical rewrite of the file that reaches the same end schema and removes the finding."""

    title: str
    """An imperative: `Build the index concurrently`."""
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a rule says: the situation, then what to write instead. The runner adds rule and place."""

    line: int
    message: str
    help: str
    severity: Severity = Severity.ERROR
    lock: LockLevel | None = None
    table: TableName | None = None
    step: int | None = None
    """The number of the statement in its file; None for what is about the file itself."""
    category: Category | None = None
    """None: the rule's own."""
    verdict: Verdict = Verdict.UNSAFE
    held: Held | None = None
    """How long the lock is held; None: as the effects of the statement say."""
    span: Span | None = None
    """The part of the text that is meant; None: the statement."""
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim with the rule that made it and the place in which it holds."""

    rule: str
    path: str
    claim: Claim
    severity: Severity
    category: Category
    held: Held | None
    column: int
    """1-based, in characters."""
    end_line: int
    source_lines: tuple[str, ...]
    """The lines from `line` to `end_line`, without their ends."""
    unfixed: str = ""
    """Why a fix that its rule has cannot be written into a template; empty when there is none or it can."""

    @property
    def is_error(self) -> bool:
        """Whether it fails CI."""
        return self.severity is Severity.ERROR

    @property
    def line(self) -> int:
        """1-based."""
        return self.claim.line

    @property
    def source_line(self) -> str:
        """The line on which it begins."""
        return self.source_lines[0]

    @property
    def relation(self) -> str | None:
        """The table whose lock is meant, as SQL text."""
        return str(self.claim.table) if self.claim.table is not None else None

    @property
    def lock_level(self) -> str | None:
        """The lock in PostgreSQL's words."""
        return str(self.claim.lock) if self.claim.lock is not None else None

    @property
    def blocks(self) -> str | None:
        """What waits behind that lock."""
        return self.claim.lock.blocks if self.claim.lock is not None else None
