"""`--output sarif`: SARIF 2.1.0; the errors of an overridden check are results that were suppressed by people."""

import json
from typing import Any
from urllib.parse import quote

from migrator import __version__
from migrator.coupling.decision import Finding, Level, Verdict
from migrator.coupling.judge import discover
from migrator.coupling.report import CouplingReport, docs_of, fingerprints
from migrator.documentation import home

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_MOST = 25_000
"""GitHub refuses a run with more results; the worst come first."""
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTICE: "note"}


def render(report: CouplingReport) -> str:
    """Return the log of one run."""
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}, indent=2) + "\n"


def _run(report: CouplingReport) -> dict[str, Any]:
    found = report.decision.findings
    rules = list(discover())
    results = [_result(report, f, mark, rules) for f, mark in zip(found, fingerprints(found), strict=True)]
    notes = [{"level": "error", "message": {"text": unknown}} for unknown in report.decision.unknowns]
    notes += [{"level": "note", "message": {"text": note}} for note in report.notes]
    is_done = report.decision.verdict is not Verdict.UNKNOWN
    return {
        "tool": {"driver": _driver(rules)},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": is_done, "toolExecutionNotifications": notes}],
        "results": results[:_MOST],
        "properties": {"verdict": report.decision.verdict.value, "deployed": list(report.deployed)},
    }


def _driver(rules: list[str]) -> dict[str, Any]:
    known = {"informationUri": home()} if home() else {}
    return {"name": "migrator", "version": __version__, **known, "rules": [_rule(rule) for rule in rules]}


def _rule(rule: str) -> dict[str, Any]:
    found = discover()[rule]
    summary, _, why = (found.__doc__ or "").partition("\n\n")
    text, docs = summary.partition(": ")[2], docs_of(rule, found.NAME)
    return {
        "id": rule,
        "name": found.NAME,
        "shortDescription": {"text": text},
        "fullDescription": {"text": " ".join(why.split()) or text},
        "help": {
            "text": f"{text}\n\n{why.strip()}\n\n{docs}",
            "markdown": f"{text}\n\n{why.strip()}\n\n" + (f"[{found.NAME}]({docs})" if home() else f"`{docs}`"),
        },
        **({"helpUri": docs} if home() else {}),
        "defaultConfiguration": {"level": found.LEVEL.value},
    }


def _result(report: CouplingReport, finding: Finding, fingerprint: str, rules: list[str]) -> dict[str, Any]:
    uri = quote(finding.path, errors="surrogateescape")
    region = {"startLine": finding.line, "startColumn": finding.column}
    is_accepted = report.decision.verdict is Verdict.OVERRIDDEN and finding.level is Level.ERROR
    accepted = {"kind": "external", "status": "accepted", "justification": report.override_text()}
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": _LEVELS[finding.level],
        "message": {"text": f"{finding.message} {finding.help}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}],
        "partialFingerprints": {"migratorCoupling/v1": fingerprint},
        "suppressions": [accepted] if is_accepted else [],
    }
