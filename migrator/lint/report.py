"""The result of a run: findings, what was allowed, and how much of the SQL was understood."""

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.errors import InputError
from migrator.lint.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class Allowed:
    """A finding that a suppression allows, with its reason."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class LintReport:
    """All findings in the order of the files and lines, and how much was understood."""

    findings: tuple[Finding, ...]
    paths: tuple[str, ...]
    """The files that were read."""
    statements: int
    """All of them, also those that could not be read."""
    opaque: int
    """Statements that are SQL, but whose effects their text does not tell."""
    unreadable: int
    """Parts that are not SQL."""
    allowed: tuple[Allowed, ...] = ()
    known: tuple[Finding, ...] = ()
    """Findings that the baseline holds."""
    unread: tuple[InputError, ...] = ()
    """Files that could not be read at all."""
    fail_on: Severity | None = Severity.ERROR
    """None: findings never fail."""

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.is_error for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return len(self.findings) - self.errors

    @property
    def files(self) -> int:
        """How many files were read."""
        return len(self.paths)

    @property
    def not_understood(self) -> int:
        """How many statements nobody judged."""
        return self.opaque + self.unreadable

    @property
    def has_failed(self) -> bool:
        """Whether a finding is at or above the level that fails."""
        return any(self.is_failing(finding) for finding in self.findings)

    def is_failing(self, finding: Finding) -> bool:
        """Whether this finding makes the run fail."""
        return self.fail_on is not None and (finding.is_error or self.fail_on is Severity.WARNING)

    @property
    def totals(self) -> str:
        """`2 errors, 1 warning (3 allowed, 4 in the baseline).`"""
        apart = [
            f"{len(found)} {words}"
            for found, words in ((self.allowed, "allowed"), (self.known, "in the baseline"))
            if found
        ]
        behind = f" ({', '.join(apart)})" if apart else ""
        return f"{count(self.errors, 'error')}, {count(self.warnings, 'warning')}{behind}."

    @property
    def coverage(self) -> str:
        """`7 statements in 2 files: 5 understood, 1 opaque, 1 not understood.`"""
        read = self.statements - self.opaque - self.unreadable
        unread = f" {count(len(self.unread), 'file')} could not be read." if self.unread else ""
        return (
            f"{count(self.statements, 'statement')} in {count(self.files, 'file')}: {read} understood, "
            f"{self.opaque} opaque, {self.unreadable} not readable as SQL.{unread}"
        )


def count(number: int, noun: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Return the errors, then the warnings, each in their order."""
    return sorted(findings, key=lambda finding: not finding.is_error)
