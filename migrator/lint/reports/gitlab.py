"""`--output gitlab`: a Code Quality report, GitLab's `artifacts:reports:codequality`."""

import json
from typing import Any

from migrator.lint.finding import Category, Finding, Verdict
from migrator.lint.fingerprint import fingerprints
from migrator.lint.report import LintReport
from migrator.lint.workspace import forge_path


def render(report: LintReport) -> str:
    """Return the list of issues; GitLab shows only one of those that share a fingerprint, so none do."""
    issues = [_issue(f, mark) for f, mark in zip(report.findings, fingerprints(report.findings), strict=True)]
    return json.dumps(issues, indent=2) + "\n"


def _issue(finding: Finding, fingerprint: str) -> dict[str, Any]:
    return {
        "description": f"{finding.claim.message} {finding.claim.help}",
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": _severity(finding),
        "location": {"path": forge_path(finding.path), "lines": {"begin": finding.line}},
    }


def _severity(finding: Finding) -> str:
    """Return one of GitLab's: info, minor, major, critical, blocker."""
    if not finding.is_error:
        return "minor" if finding.claim.verdict is Verdict.UNSAFE else "info"
    return "critical" if finding.category is Category.DATA_LOSS else "major"
