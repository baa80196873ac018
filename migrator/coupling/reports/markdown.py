"""`--output markdown`: the comment on a pull request, and the step summary of a GitHub job.

It begins with a marker, by which the old comment is found and replaced.
"""

from collections.abc import Iterator

from migrator.coupling.decision import Finding, Verdict
from migrator.coupling.report import CouplingReport, docs_of
from migrator.lint.reports.markdown import LONGEST, inert
from migrator.outputs import visible

MARKER = "<!-- migrator:coupling -->"
_ROOM_FOR_THE_END = 400


def render(report: CouplingReport) -> str:
    """Return the comment."""
    return within(report, LONGEST)


def within(report: CouplingReport, longest: int) -> str:
    """Return the comment with as many findings, errors first, as fit into so many characters."""
    head = "\n".join(_head(report))
    parts, room = [head], longest - len(head) - _ROOM_FOR_THE_END
    findings = report.decision.findings
    for number, finding in enumerate(findings):
        text = "\n".join(_finding(finding))
        if len(text) > room:
            parts.append(f"… and {len(findings) - number} more; `migrator coupling check` prints them all.\n")
            break
        parts.append(text)
        room -= len(text) + 1
    return "\n".join(parts)


def _head(report: CouplingReport) -> Iterator[str]:
    yield MARKER
    yield f"## Schema and code: {report.decision.verdict.value}\n"
    yield f"{report.headline} {report.totals}\n"
    if report.decision.verdict is Verdict.OVERRIDDEN:
        yield f"> **Override.** {inert(report.override_text())}\n"
    override = report.decision.override
    if override is not None and override.missing:
        yield "The override lacks:\n"
        yield from (f"- {inert(missing)}" for missing in override.missing)
        yield ""
    if report.commands:
        yield "\n".join([f"{report.split_title}:\n", "```sh", *report.commands, "```\n"])
        yield from (f"{inert(line)}\n" for line in (report.after, report.way_out) if line)
    yield from (f"{inert(note)}\n" for note in report.notes)
    if report.deployed:
        yield "Judged as deployed:\n"
        yield from (f"- {inert(running)}" for running in report.deployed)
        yield ""
    yield from (f"- **Unknown**: {inert(unknown)}" for unknown in report.decision.unknowns)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"### `{visible(finding.path)}:{finding.line}` {finding.level.value}: {finding.rule} {finding.name}\n"
    yield f"{inert(finding.message)}\n"
    if not finding.commands:
        yield f"**Instead**: {inert(finding.help)}\n"
    yield f"{docs_of(finding.rule, finding.name)}\n"
