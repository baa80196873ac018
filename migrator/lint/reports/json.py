"""`--output json`: every finding with all that is known of it, for scripts."""

import json
from typing import Any

from migrator.lint.finding import Finding, Fix
from migrator.lint.report import LintReport

SCHEMA_VERSION = 1
"""The same as that of every other JSON output; it grows when a key changes its meaning or goes away."""


def render(report: LintReport) -> str:
    """Return one document."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **as_data(report)}, indent=2) + "\n"


def as_data(report: LintReport) -> dict[str, Any]:
    """Return the report as JSON values, without the version."""
    return {
        "findings": [finding_data(finding) for finding in report.findings],
        "errors": report.errors,
        "warnings": report.warnings,
        "files": report.files,
        "statements": report.statements,
        "opaque": report.opaque,
        "unreadable": report.unreadable,
        "not_understood": report.not_understood,
        "allowed": [{**finding_data(allowed.finding), "reason": allowed.reason} for allowed in report.allowed],
        "in_baseline": len(report.known),
        "unread": [{"situation": error.situation, "todo": error.todo} for error in report.unread],
    }


def finding_data(finding: Finding) -> dict[str, Any]:
    """Return one finding as JSON values."""
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "category": finding.category.value,
        "verdict": finding.claim.verdict.value,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "relation": finding.relation,
        "lock_level": finding.lock_level,
        "held": finding.held.value if finding.held is not None else None,
        "blocks": finding.blocks,
        "message": finding.claim.message,
        "help": finding.claim.help,
        "fix": fix_data(finding.claim.fix),
    }


def fix_data(fix: Fix | None) -> dict[str, Any] | None:
    """Return a fix with its edits as character offsets in the file, end exclusive."""
    if fix is None:
        return None
    edits = [{"start": edit.span.start, "end": edit.span.end, "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "edits": edits}
