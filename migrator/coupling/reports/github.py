"""`--output github`: workflow commands that GitHub shows as annotations; an override is a warning of its own.

GitHub shows 10 errors and 10 warnings of a step and drops the rest without a word: one annotation per file, and the
last one says how many more there are.
"""

from collections.abc import Iterator, Sequence

from migrator.coupling.decision import Finding, Level, Verdict
from migrator.coupling.report import CouplingReport
from migrator.lint.reports.github import MOST, escape_data, escape_property


def render(report: CouplingReport) -> str:
    """Return the annotations, errors first; overridden errors are warnings."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: CouplingReport) -> Iterator[str]:
    is_overridden = report.decision.verdict is Verdict.OVERRIDDEN
    if is_overridden:
        text = escape_data(f"{report.headline} {report.override_text()}")
        yield f"::warning title={escape_property('coupling overridden')}::{text}"
    for unknown in report.decision.unknowns:
        yield f"::error title={escape_property('coupling unknown')}::{escape_data(unknown)}"
    for level in Level:
        found = _one_per_file([f for f in report.decision.findings if f.level is level])
        command = "warning" if is_overridden and level is Level.ERROR else level.value
        yield from _annotations(found, command)


def _one_per_file(findings: Sequence[Finding]) -> list[Finding]:
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        first.setdefault((finding.rule, finding.path), finding)
    return list(first.values())


def _annotations(findings: Sequence[Finding], command: str) -> Iterator[str]:
    left = len(findings) - MOST
    for number, finding in enumerate(findings[:MOST], 1):
        more = f"\n+{left} more, see the summary." if left > 0 and number == MOST else ""
        yield _annotation(finding, command, more)


def _annotation(finding: Finding, command: str, more: str) -> str:
    properties = {
        "file": finding.path,
        "line": str(finding.line),
        "endLine": str(finding.line),
        "col": str(finding.column),
        "title": f"{finding.rule} {finding.name}",
    }
    listed = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
    return f"::{command} {listed}::{escape_data(f'{finding.message}{chr(10)}{finding.help}{more}')}"
