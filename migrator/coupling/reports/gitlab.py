"""`--output gitlab`: a Code Quality report, GitLab's `artifacts:reports:codequality`."""

import json
from typing import Any

from migrator.coupling.decision import Finding, Level, Verdict
from migrator.coupling.report import CouplingReport, fingerprints

_SEVERITY = {Level.ERROR: "critical", Level.WARNING: "minor", Level.NOTICE: "info"}


def render(report: CouplingReport) -> str:
    """Return the list of issues; what is overridden is minor."""
    found = report.decision.findings
    is_overridden = report.decision.verdict is Verdict.OVERRIDDEN
    issues = [_issue(f, mark, is_overridden) for f, mark in zip(found, fingerprints(found), strict=True)]
    return json.dumps(issues, indent=2) + "\n"


def _issue(finding: Finding, fingerprint: str, is_overridden: bool) -> dict[str, Any]:  # noqa: FBT001 one flag
    severity = "minor" if is_overridden and finding.level is Level.ERROR else _SEVERITY[finding.level]
    return {
        "description": f"{finding.message} {finding.help}",
        "check_name": f"{finding.rule} {finding.name}",
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": finding.path, "lines": {"begin": finding.line}},
    }
