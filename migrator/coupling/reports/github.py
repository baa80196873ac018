"""`--output github`: workflow commands that GitHub shows as annotations; an override is a warning of its own.

GitHub shows 10 errors and 10 warnings of a step and drops the rest without a word: one annotation per file, and the
last one says how many more there are.
"""

from collections.abc import Iterator, Sequence

from migrator.coupling.decision import Finding, Level, Verdict
from migrator.coupling.report import CouplingReport, docs_of, steps_of
from migrator.lint.reports.github import MOST, escape_data, escape_property


def render(report: CouplingReport) -> str:
    """Return the annotations, errors first; overridden errors are warnings."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: CouplingReport) -> Iterator[str]:
    is_overridden = report.decision.verdict is Verdict.OVERRIDDEN
    overridden = f"{report.headline} {report.override_text()}" if is_overridden else ""
    first = {
        "error": _general("error", "coupling unknown", "\n".join(report.decision.unknowns)),
        "warning": _general("warning", "coupling overridden", overridden),
        "notice": _general("notice", "coupling", "\n".join(report.notes)),
    }
    groups: dict[str, list[list[Finding]]] = {level.value: [] for level in Level}
    for level, found in ((group[0].level, group) for group in _by_file(report.decision.findings)):
        groups["warning" if is_overridden and level is Level.ERROR else level.value].append(found)
    for command, found in groups.items():
        line = first.get(command, "")
        yield from filter(None, (line,))
        yield from _annotations(found, command, MOST - bool(line))


def _general(command: str, title: str, text: str) -> str:
    """Return one annotation of no file; empty without a text."""
    return f"::{command} title={escape_property(title)}::{escape_data(text)}" if text else ""


def _by_file(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return the findings of each file together, the worst first: a file has one annotation, at the worst."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.path, []).append(finding)
    return list(groups.values())


def _annotations(groups: Sequence[Sequence[Finding]], command: str, most: int) -> Iterator[str]:
    left = len(groups) - most
    for number, group in enumerate(groups[:most], 1):
        more = f"\n+{left} more, see the summary." if left > 0 and number == most else ""
        yield _annotation(group[0], command, f"{_others(group)}{more}")


def _others(group: Sequence[Finding]) -> str:
    """Return the other findings of the file, one line each; the same rule again is only counted."""
    first, *others = group
    same = sum(other.rule == first.rule for other in others)
    lines = [f"{same} more of {first.rule} in this file."] if same else []
    lines += [f"Line {f.line}: {f.rule} {f.name}: {f.message}" for f in others if f.rule != first.rule]
    return "".join(f"\n{line}" for line in lines)


def _annotation(finding: Finding, command: str, more: str) -> str:
    properties = {
        "file": finding.path,
        "line": str(finding.line),
        "endLine": str(finding.line),
        "col": str(finding.column),
        "title": f"{finding.rule} {finding.name}",
    }
    listed = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
    docs = docs_of(finding.rule, finding.name)
    text = "\n".join((finding.message, *steps_of(finding))) + f"{more}\n{docs}"
    return f"::{command} {listed}::{escape_data(text)}"
