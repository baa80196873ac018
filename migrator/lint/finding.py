"""What a rule says of a statement, and where: values, never exceptions."""

from dataclasses import dataclass
from enum import Enum

from migrator.locks import LockLevel
from migrator.names import TableName


class Severity(Enum):
    """`error` fails CI, `warning` does not."""

    ERROR = "error"
    WARNING = "warning"


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


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim with the rule that made it and the file in which it holds."""

    rule: str
    path: str
    claim: Claim
    source_line: str

    @property
    def is_error(self) -> bool:
        """Whether it fails CI."""
        return self.claim.severity is Severity.ERROR
