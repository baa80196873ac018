"""What the check says: values, from which every output is made."""

from dataclasses import dataclass
from enum import Enum

from migrator.coupling.evidence import FileClass


class Verdict(Enum):
    """`unknown` never passes."""

    PASS = "pass"  # noqa: S105 a word, no secret
    FAIL = "fail"
    OVERRIDDEN = "overridden"
    UNKNOWN = "unknown"


class Level(Enum):
    """Only errors fail; a notice tells what was allowed and why."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found, in one file."""

    rule: str
    """`CPL001`."""
    name: str
    """`coupled-change`."""
    level: Level
    path: str
    line: int
    message: str
    """The situation."""
    help: str
    """What to do, with the commands."""
    column: int = 1
    file_class: FileClass | None = None
    phase: str = ""
    objects: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    """The shell commands that do it, in order; `help` has them in one line."""
    after: str = ""
    """What to do when they have run; `help` has that too."""


@dataclass(frozen=True, slots=True)
class Override:
    """A request to ship all the same, and what it still lacks; accepted when nothing is missing."""

    reason: str
    approvers: tuple[str, ...]
    postmortem: str
    due: str
    """RFC 3339, UTC."""
    missing: tuple[str, ...] = ()
    """Each in words, with who could give it."""

    @property
    def is_accepted(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict with everything that it rests on."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    override: Override | None = None
    unknowns: tuple[str, ...] = ()
    """What stands in the way of a verdict, when it is unknown."""
