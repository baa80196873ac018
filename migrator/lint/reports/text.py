"""`--output text`: for people at a terminal; the statement, what it does to others, and what to write instead."""

from collections.abc import Iterator

from migrator.lint.finding import Finding, Verdict
from migrator.lint.report import LintReport
from migrator.statements.effects import Held

_LONGEST_LINE = 160
_LONGEST_FRAME = 6
HOW_LONG = {
    Held.INSTANT: "for an instant",
    Held.SCAN: "while the whole table is read",
    Held.REWRITE: "while the whole table is written again",
    Held.BUILD: "while the index is built",
    Held.UNBOUNDED: "without a limit",
    Held.UNKNOWN: "for how long cannot be told",
}
CONFIDENCE = {
    Verdict.UNSAFE: "unsafe",
    Verdict.UNKNOWN: "cannot tell from the text and the schema at hand",
}


def render(report: LintReport) -> str:
    """Return each finding with its code frame, and two last lines that say what was found and what was read."""
    return "\n".join([*(_finding(finding) for finding in report.findings), report.totals, report.coverage]) + "\n"


def lock_line(finding: Finding) -> str:
    """Return `SHARE on public.t while the index is built; blocks all writes; reads go on`, or nothing."""
    if finding.lock_level is None:
        return ""
    where = f" on {finding.relation}" if finding.relation else ""
    how_long = f" {HOW_LONG[finding.held]}" if finding.held is not None else ""
    return f"{finding.lock_level}{where}{how_long}; blocks {finding.blocks}"


def _finding(finding: Finding) -> str:
    claim = finding.claim
    head = f"{finding.path}:{finding.line}:{finding.column}: {finding.severity.value}: {finding.rule}"
    fix = [f"  fix: {claim.fix.title} (--fix does it)"] if claim.fix is not None else []
    return "\n".join([head, *_frame(finding), f"  {claim.message}", f"  help: {claim.help}", *fix, ""])


def _frame(finding: Finding) -> Iterator[str]:
    shown = finding.source_lines[:_LONGEST_FRAME]
    width = len(str(finding.line + len(shown) - 1))
    for number, line in enumerate(shown, finding.line):
        yield f"  {number:{width}} | {_printable(line)}"
    if left := len(finding.source_lines) - len(shown):
        yield f"  {'':{width}} | … {left} more"
    if lock := lock_line(finding):
        yield f"  {'':{width}} = lock: {lock}"
    yield f"  {'':{width}} = verdict: {CONFIDENCE[finding.claim.verdict]} ({finding.category.value})"


def _printable(line: str) -> str:
    """Return a source line fit for a terminal: cut, and without control characters."""
    text = line if line.isprintable() else "".join(c if c.isprintable() else " " for c in line)
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"
