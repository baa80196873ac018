"""Findings as text for people and as data for `--format json`."""

from collections.abc import Iterator
from typing import Any

from migrator.lint.finding import Finding
from migrator.lint.rule import Rule
from migrator.lint.runner import LintReport

_LONGEST_LINE = 160


def as_text(report: LintReport) -> str:
    """Return each finding with its source line, message and help, and a last line that says what was read."""
    return "\n".join([*(_finding_text(finding) for finding in report.findings), *_summary(report)])


def as_data(report: LintReport) -> dict[str, Any]:
    """Return the report as JSON values; the command adds `schema_version`."""
    return {
        "findings": [_finding_data(finding) for finding in report.findings],
        "errors": report.errors,
        "warnings": len(report.findings) - report.errors,
        "files": report.files,
        "statements": report.statements,
        "not_understood": report.not_understood,
    }


def explanation(rule: Rule) -> str:
    """Return a rule's documentation under its id."""
    return f"{rule.id}\n\n{rule.documentation}"


def _finding_text(finding: Finding) -> str:
    claim = finding.claim
    head = f"{finding.path}:{claim.line}: {claim.severity.value}: {finding.rule}"
    return f"{head}\n  | {_shown(finding.source_line)}\n  {claim.message}\n  help: {claim.help}\n"


def _shown(line: str) -> str:
    """Return a source line fit for a terminal: cut, and without control characters."""
    text = "".join(character if character.isprintable() else " " for character in line.strip())
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"


def _summary(report: LintReport) -> Iterator[str]:
    warnings = len(report.findings) - report.errors
    yield f"{_count(report.errors, 'error')}, {_count(warnings, 'warning')}."
    yield (
        f"{_count(report.statements, 'statement')} in {_count(report.files, 'file')}, "
        f"{report.not_understood} not understood."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _finding_data(finding: Finding) -> dict[str, Any]:
    claim = finding.claim
    return {
        "rule": finding.rule,
        "severity": claim.severity.value,
        "path": finding.path,
        "line": claim.line,
        "message": claim.message,
        "help": claim.help,
        "lock": str(claim.lock) if claim.lock is not None else None,
        "table": str(claim.table) if claim.table is not None else None,
    }
