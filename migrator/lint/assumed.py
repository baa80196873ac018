"""Says which server version a finding was judged by when nobody named one, where another version says something else.

Called by `migrator lint` with neither --pg-version nor --dsn nor a configured `pg_version`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from migrator.lint.finding import Finding
from migrator.lint.report import LintReport
from migrator.lint.source import Source

_OTHERS = (14, 18)
"""The oldest and the newest server that people run: what changed between them differs at one of the two."""
_LONG = 300_000
"""Characters: more are not judged twice again only to say this."""


def say_assumed(
    report: LintReport,
    version: int,
    sources: Sequence[Source],
    findings_at: Callable[[Sequence[Source], int], Iterable[Finding]],
) -> LintReport:
    """Return the report with a note in the help of each finding that is another one, or none, on another server."""
    concerned = {finding.path for finding in report.findings}
    again = [source for source in sources if source.path in concerned]
    if sum(len(source.text) for source in again) > _LONG:
        return report
    others = [{_key(finding) for finding in findings_at(again, other)} for other in _OTHERS]
    note = f"PostgreSQL {version} is assumed here: name yours by --pg-version, or by pg_version in migrator.toml."
    findings = (
        finding if all(_key(finding) in found for found in others) else _with_note(finding, note)
        for finding in report.findings
    )
    return replace(report, findings=tuple(findings))


def _key(finding: Finding) -> tuple[str, str, int, int, str]:
    return (finding.path, finding.rule, finding.line, finding.column, finding.claim.message)


def _with_note(finding: Finding, note: str) -> Finding:
    return replace(finding, claim=replace(finding.claim, help=f"{finding.claim.help} {note}"))
