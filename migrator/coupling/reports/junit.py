"""`--output junit`: a suite per rule, a case per file; what is overridden is a passed case with output."""

from itertools import groupby
from xml.etree import ElementTree as ET

from migrator.coupling.decision import Finding, Level, Verdict
from migrator.coupling.report import CouplingReport
from migrator.lint.reports.junit import xml_text
from migrator.outputs import visible


def render(report: CouplingReport) -> str:
    """Return the document; a check without findings is one passed case."""
    root = ET.Element("testsuites", name="migrator coupling")
    found = sorted(report.decision.findings, key=lambda finding: (finding.rule, finding.path))
    for rule, group in groupby(found, key=lambda finding: finding.rule):
        _add_suite(root, report, rule, list(group))
    _add_verdict(root, report)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_suite(root: ET.Element, report: CouplingReport, rule: str, findings: list[Finding]) -> None:
    by_file = {path: list(group) for path, group in groupby(findings, key=lambda finding: finding.path)}
    failed = {path: any(_fails(report, f) for f in found) for path, found in by_file.items()}
    suite = _suite(root, rule, tests=len(by_file), failures=sum(failed.values()), errors=0)
    for path, found in by_file.items():
        case = ET.SubElement(suite, "testcase", classname=rule, name=xml_text(path))
        text = xml_text("\n".join(f"{visible(f.path)}:{f.line}: {f.message}\nhelp: {f.help}" for f in found))
        if failed[path]:
            ET.SubElement(case, "failure", type=rule, message=xml_text(found[0].message)).text = text
        else:
            ET.SubElement(case, "system-out").text = text


def _add_verdict(root: ET.Element, report: CouplingReport) -> None:
    unknown = report.decision.verdict is Verdict.UNKNOWN
    suite = _suite(root, "verdict", tests=1, failures=0, errors=int(unknown))
    case = ET.SubElement(suite, "testcase", classname="coupling", name=report.decision.verdict.value)
    if unknown:
        ET.SubElement(case, "error", type="unknown", message=xml_text(" ".join(report.decision.unknowns)))
    if text := "\n".join(filter(None, (report.override_text(), *report.notes))):
        ET.SubElement(case, "system-out").text = xml_text(text)


def _fails(report: CouplingReport, finding: Finding) -> bool:
    return finding.level is Level.ERROR and report.decision.verdict is not Verdict.OVERRIDDEN


def _suite(root: ET.Element, name: str, *, tests: int, failures: int, errors: int) -> ET.Element:
    numbers = {"tests": str(tests), "failures": str(failures), "errors": str(errors), "skipped": "0"}
    return ET.SubElement(root, "testsuite", {"name": name, **numbers})
