"""`--output markdown`: a comment for a pull request, and the step summary of a GitHub job.

It begins with a marker, by which a job finds its old comment and replaces it. GitHub takes comments of 65,536
characters at most, so a longer one is cut to whole findings and says how many are left out.
"""

from collections.abc import Iterator

from migrator.lint.finding import Finding
from migrator.lint.report import LintReport, worst_first
from migrator.lint.reports.text import CONFIDENCE, lock_line

MARKER = "<!-- migrator:lint -->"
LONGEST = 65_000
_ROOM_FOR_THE_END = 400


def render(report: LintReport) -> str:
    """Return the comment."""
    return within(report, LONGEST)


def within(report: LintReport, longest: int) -> str:
    """Return the comment with as many findings, errors first, as fit into so many characters."""
    head = f"{MARKER}\n## migrator lint: {_verdict(report)}\n\n{report.totals} {report.coverage}\n"
    parts, room = [head], longest - len(head) - _ROOM_FOR_THE_END
    left = len(report.findings)
    for finding in worst_first(report.findings):
        text = "\n".join(_finding(finding))
        if len(text) > room:
            break
        parts.append(text)
        room -= len(text) + 1
        left -= 1
    if left:
        parts.append(f"… and {left} more; `migrator lint` prints them all.\n")
    return "\n".join(parts)


def _verdict(report: LintReport) -> str:
    if report.unread:
        return "not all files could be read"
    if not report.findings:
        return "nothing found"
    return "failed" if report.has_failed else "passed with findings"


def _finding(finding: Finding) -> Iterator[str]:
    claim = finding.claim
    yield f"### `{finding.path}:{finding.line}` {finding.severity.value}: {finding.rule}\n"
    code = "\n".join(finding.source_lines[:20])
    fence = "`" * max(3, _longest_run(code) + 1)
    yield f"{fence}sql\n{code}\n{fence}\n"
    if lock := lock_line(finding):
        yield f"**Lock**: {lock}. "
    yield f"**Verdict**: {CONFIDENCE[claim.verdict]}.\n"
    yield f"{inert(claim.message)}\n"
    yield f"**Instead**: {inert(claim.help)}\n"


def _longest_run(text: str) -> int:
    """Return the length of the longest run of backticks: the fence must be longer."""
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest


def inert(text: str) -> str:
    """Return text that markdown shows as it is: no HTML, and nobody is mentioned by an @ in a name."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("@", "&#64;")
