"""`--output sarif`: SARIF 2.1.0, for code scanning; allowed findings are there as suppressed results.

GitHub matches results of two runs by `partialFingerprints`; without them a finding appears again with every commit.
"""

import json
from collections.abc import Sequence
from typing import Any

from migrator import __version__
from migrator.lint.finding import Finding
from migrator.lint.fingerprint import fingerprints
from migrator.lint.report import LintReport
from migrator.lint.rule import Rule, get_rule
from migrator.lint.workspace import forge_path, uri_of

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_MOST = 25_000
"""GitHub refuses a run with more results."""


def render(report: LintReport) -> str:
    """Return the log of one run."""
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}, indent=2) + "\n"


def _run(report: LintReport) -> dict[str, Any]:
    suppressions = [
        *(None for _ in report.findings),
        *({"kind": "inSource", "status": "accepted", "justification": a.reason} for a in report.allowed),
        *({"kind": "external", "status": "accepted", "justification": "in the baseline"} for _ in report.known),
    ]
    findings = [*report.findings, *(allowed.finding for allowed in report.allowed), *report.known]
    rules = sorted({finding.rule for finding in findings})
    marks = fingerprints(findings)
    results = [_result(f, mark, rules.index(f.rule)) for f, mark in zip(findings, marks, strict=True)]
    for result, suppression in zip(results, suppressions, strict=True):
        result["suppressions"] = [suppression] if suppression else []
    return {
        "tool": {"driver": _driver([get_rule(rule) for rule in rules])},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": results[:_MOST],
    }


def _driver(rules: Sequence[Rule]) -> dict[str, Any]:
    return {"name": "migrator", "version": __version__, "rules": [_rule(rule) for rule in rules]}


def _rule(rule: Rule) -> dict[str, Any]:
    bad, good, why = (rule.section(title) for title in ("Bad", "Good", "Why"))
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": " ".join(why.split())},
        "help": {
            "text": rule.documentation,
            "markdown": f"{why}\n\nBad:\n```sql\n{bad}\n```\n\nGood:\n```sql\n{good}\n```",
        },
        "defaultConfiguration": {"level": rule.severity.value, "enabled": rule.is_default},
        "properties": {"tags": [rule.category.value]},
    }


def _invocation(report: LintReport) -> dict[str, Any]:
    notes = [{"level": "error", "message": {"text": str(error)}} for error in report.unread]
    return {"executionSuccessful": not report.unread, "toolExecutionNotifications": notes}


def _result(finding: Finding, fingerprint: str, rule_index: int) -> dict[str, Any]:
    claim = finding.claim
    region = {"startLine": finding.line, "startColumn": finding.column, "endLine": finding.end_line}
    uri = uri_of(forge_path(finding.path))
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": finding.severity.value,
        "message": {"text": f"{claim.message} {claim.help}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}],
        "partialFingerprints": {"migratorLint/v1": fingerprint},
        "properties": _properties(finding),
    }
    if claim.fix is not None:
        replacements = [
            {
                "deletedRegion": {"charOffset": edit.span.start, "charLength": edit.span.end - edit.span.start},
                "insertedContent": {"text": edit.text},
            }
            for edit in claim.fix.edits
        ]
        change = {"artifactLocation": {"uri": uri}, "replacements": replacements}
        result["fixes"] = [{"description": {"text": claim.fix.title}, "artifactChanges": [change]}]
    return result


def _properties(finding: Finding) -> dict[str, Any]:
    return {
        "category": finding.category.value,
        "verdict": finding.claim.verdict.value,
        "relation": finding.relation,
        "lockLevel": finding.lock_level,
        "held": finding.held.value if finding.held is not None else None,
        "blocks": finding.blocks,
    }
