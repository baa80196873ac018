"""`--output text`: for people, worst first."""

from collections.abc import Iterator

from migrator.coupling.decision import Finding, Verdict
from migrator.coupling.report import CouplingReport, docs_of
from migrator.outputs import visible


def render(report: CouplingReport) -> str:
    """Return the findings with what to do, the override, what is unknown, and the verdict."""
    return "".join(f"{visible(line)}\n" for line in _lines(report))


def _lines(report: CouplingReport) -> Iterator[str]:
    for finding in report.decision.findings:
        yield from _finding(finding)
        yield ""
    if report.commands:
        yield f"{report.split_title}:"
        yield from (f"  {command}" for command in report.commands)
        yield from (line for line in (report.after, report.way_out) if line)
        yield ""
    yield from (f"note: {note}" for note in report.notes)
    yield from (f"deployed: {running}" for running in report.deployed)
    for unknown in report.decision.unknowns:
        yield f"unknown: {unknown}"
    override = report.decision.override
    if override is not None and override.missing:
        yield "The override lacks:"
        yield from (f"  - {missing}" for missing in override.missing)
    if report.decision.verdict is Verdict.OVERRIDDEN:
        yield f"overridden: {report.override_text()}"
    yield f"{report.decision.verdict.value}: {report.headline} {report.totals}"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"{finding.path}:{finding.line}:{finding.column}: {finding.level.value}: {finding.rule} {finding.name}"
    yield f"  {finding.message}"
    if not finding.commands:
        yield f"  help: {finding.help}"
    yield f"  docs: {docs_of(finding.rule, finding.name)}"
