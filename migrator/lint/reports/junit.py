"""`--output junit`: test results, for CI systems that show nothing else.

A suite per category of findings with a case per rule and file, and one suite of the files without findings. Findings
that do not fail the run are passed cases with output.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from migrator.lint.finding import Finding
from migrator.lint.report import LintReport

_Cases = Mapping[tuple[str, str], Sequence[Finding]]


def render(report: LintReport) -> str:
    """Return the document."""
    root = ET.Element("testsuites", name="migrator lint")
    _add_clean_files(root, report)
    ordered = sorted(report.findings, key=lambda finding: finding.category.value)
    for category, found in groupby(ordered, key=lambda finding: finding.category.value):
        _add_suite(root, report, category, list(found))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_clean_files(root: ET.Element, report: LintReport) -> None:
    with_findings = {finding.path for finding in report.findings}
    clean = [path for path in report.paths if path not in with_findings]
    suite = _suite(root, "clean", tests=len(clean) + len(report.unread), failures=0, errors=len(report.unread))
    for path in clean:
        ET.SubElement(suite, "testcase", classname="lint", name=xml_text(path))
    for number, error in enumerate(report.unread, 1):
        case = ET.SubElement(suite, "testcase", classname="lint", name=f"unread file {number}")
        ET.SubElement(case, "error", type="unread", message=xml_text(error.situation))


def _add_suite(root: ET.Element, report: LintReport, category: str, findings: Sequence[Finding]) -> None:
    cases = dict(_cases(findings))
    failures = sum(any(map(report.is_failing, found)) for found in cases.values())
    suite = _suite(root, category, tests=len(cases), failures=failures, errors=0)
    for (rule, path), found in cases.items():
        case = ET.SubElement(suite, "testcase", classname=rule, name=xml_text(path))
        text = xml_text("\n\n".join(_text(finding) for finding in found))
        if any(map(report.is_failing, found)):
            message = xml_text(found[0].claim.message)
            ET.SubElement(case, "failure", type=rule, message=message).text = text
        else:
            ET.SubElement(case, "system-out").text = text


def _cases(findings: Sequence[Finding]) -> Iterator[tuple[tuple[str, str], list[Finding]]]:
    def key(finding: Finding) -> tuple[str, str]:
        return finding.rule, finding.path

    for name, found in groupby(sorted(findings, key=key), key=key):
        yield name, list(found)


def _suite(root: ET.Element, name: str, *, tests: int, failures: int, errors: int) -> ET.Element:
    numbers = {"tests": str(tests), "failures": str(failures), "errors": str(errors), "skipped": "0"}
    return ET.SubElement(root, "testsuite", {"name": name, **numbers})


def _text(finding: Finding) -> str:
    place = f"{finding.path}:{finding.line}:{finding.column}: {finding.severity.value}"
    return f"{place}\n{finding.claim.message}\nhelp: {finding.claim.help}"


def xml_text(text: str) -> str:
    """Return the text without the characters that XML 1.0 has no way to write."""
    return "".join(
        c if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe") else "�" for c in text
    )
