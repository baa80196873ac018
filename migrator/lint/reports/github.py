"""`--output github`: workflow commands that GitHub shows as annotations on the changed lines.

GitHub shows 10 errors and 10 warnings of a step and drops the rest without a word, so the last one of each says how
many more there are. https://docs.github.com/actions: data escapes %, CR and LF; properties also `:` and `,`.
"""

from collections.abc import Sequence

from migrator.lint.finding import Finding, Severity
from migrator.lint.report import LintReport
from migrator.lint.workspace import forge_path

MOST = 10


def render(report: LintReport) -> str:
    """Return the annotations, errors first."""
    lines: list[str] = []
    for severity in Severity:
        lines += _annotations([finding for finding in report.findings if finding.severity is severity])
    return "".join(f"{line}\n" for line in lines)


def _annotations(findings: Sequence[Finding]) -> list[str]:
    left = len(findings) - MOST
    lines = [_annotation(finding) for finding in findings[:MOST]]
    if left > 0:
        lines[-1] = _annotation(findings[MOST - 1], f"\n(+{left} more; the step summary has them all.)")
    return lines


def _annotation(finding: Finding, more: str = "") -> str:
    properties = {
        "file": forge_path(finding.path),
        "line": str(finding.line),
        "endLine": str(finding.end_line),
        **({"col": str(finding.column)} if finding.line == finding.end_line else {}),
        "title": finding.rule,
    }
    listed = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
    text = f"{finding.claim.message}\n{finding.claim.help}{more}"
    return f"::{finding.severity.value} {listed}::{escape_data(text)}"


def escape_data(text: str) -> str:
    """Return the text as the data of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Return the text as the value of a property of a workflow command."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")
