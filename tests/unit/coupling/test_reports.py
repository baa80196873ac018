"""The outputs, exactly: their readers are programs, and each has its own limits."""

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from migrator import documentation
from migrator.coupling.evidence import FileClass
from migrator.coupling.judge import discover, judge
from migrator.coupling.outputs import COUPLING
from migrator.coupling.report import CouplingReport, docs_of
from migrator.coupling.reports.markdown import MARKER, within
from tests.lint.output_schemas import GITLAB, JUNIT, SARIF, problems
from tests.unit.coupling.cases import (
    ADDS,
    APP,
    BASE,
    CONTRACT,
    DROPS,
    EXPAND,
    HEAD,
    change,
    evidence,
    request,
    sql_file,
    use,
)

PEOPLE = {"override": {"approvers": ["@alice", "@bob"]}}
ODD = "src/größe, 100%: a\nb.py"
RUNNING = [{"commit": BASE, "origin": "deploy", "service": "checkout", "version": "1.4", "status": "finished"}]


def report(**more: Any) -> CouplingReport:
    given = evidence(change(EXPAND, "added"), change(APP, line=12), change(ODD), sql_files=[ADDS], **more)
    return CouplingReport(given, judge(given))


def contract(**more: Any) -> CouplingReport:
    uses = [use("email"), use("email", line=9), use("email", "deployed")]
    given = evidence(change(CONTRACT, "added"), sql_files=[DROPS], references=uses, running=RUNNING, **more)
    return CouplingReport(given, judge(given))


def render(given: CouplingReport, name: str) -> str:
    return COUPLING.render(given, name)


def overridden() -> CouplingReport:
    return report(policy=PEOPLE, pull_request=request())


def unknown() -> CouplingReport:
    given = evidence(change(CONTRACT, "added"), sql_files=[DROPS], scanned={})
    return CouplingReport(given, judge(given))


KINDS = [report, contract, overridden, unknown]


def test_json_has_everything_of_a_finding() -> None:
    data = json.loads(render(report(), "json"))
    wanted = {"schema_version", "verdict", "scope", "base", "head", "merge_base", "files", "findings", "override"}
    assert wanted | {"evidence", "deployed", "deployed_from", "unknowns", "commands"} <= data.keys()
    assert data["schema_version"] == 1
    finding = next(f for f in data["findings"] if f["path"] == APP)
    assert finding["docs"] == "docs/coupling.md#cpl001-coupled-change"
    told = {key: finding[key] for key in ("rule", "name", "severity", "line", "column", "class", "phase", "objects")}
    assert told == {
        "rule": "CPL001",
        "name": "coupled-change",
        "severity": "error",
        "line": 12,
        "column": 1,
        "class": "app",
        "phase": "expand",
        "objects": ["public.users.mail"],
    }
    assert f"git checkout {HEAD[:12]} -- {EXPAND}" in finding["help"]


def test_github_shows_one_annotation_per_file_the_worst_first() -> None:
    lines = render(contract(), "github").splitlines()
    assert lines[0].startswith(
        f"::error file={APP},line=7,endLine=7,col=5,title=CPL003 contract-referenced-head::{CONTRACT} removes"
    )
    assert "%0A1 more of CPL003 in this file.%0A" in lines[0]
    assert lines[0].endswith("docs/coupling.md#cpl003-contract-referenced-head")
    assert [line.partition(",")[0] for line in lines] == [f"::error file={APP}", f"::error file={CONTRACT}"]
    odd = next(line for line in render(report(), "github").splitlines() if "gr" in line)
    assert odd.startswith("::error file=src/größe%2C 100%25%3A a%0Ab.py,line=1,")


def test_github_shows_another_rule_of_the_same_file_in_its_annotation() -> None:
    mixed = sql_file(EXPAND, mixed="it adds and drops", needs_deadline=True)
    given = evidence(change(EXPAND, "added"), sql_files=[mixed])
    (line,) = render(CouplingReport(given, judge(given)), "github").splitlines()
    assert "title=CPL008 mixed-phase-file" in line
    assert "%0ALine 1: CPL010 cleanup-date-missing-or-overdue: " in line


def test_github_shows_ten_and_says_how_many_more() -> None:
    given = evidence(change(EXPAND, "added"), *(change(f"src/{n:02}.py") for n in range(13)), sql_files=[ADDS])
    lines = render(CouplingReport(given, judge(given)), "github").splitlines()
    assert (len(lines), "%0A+3 more, see the summary." in lines[-1]) == (10, True)
    assert not any("more, see" in line for line in lines[:-1])


def test_an_override_warns_and_an_unknown_is_an_error() -> None:
    first, *others = render(overridden(), "github").splitlines()
    assert first.startswith("::warning title=coupling overridden::This ships by an override. Approved by @alice, @bob")
    assert all(line.startswith("::warning file=") for line in others)
    assert render(unknown(), "github").startswith("::error title=coupling unknown::")


@pytest.mark.parametrize("kind", KINDS)
def test_sarif(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given = kind()
    log = json.loads(render(given, "sarif"))
    assert problems(SARIF, log) == []
    (run,) = log["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert list(rules) == [f"CPL{number:03}" for number in range(1, 13)]
    for rule in rules.values():
        assert {"shortDescription", "fullDescription", "help", "defaultConfiguration"} <= rule.keys()
        assert {"text", "markdown"} <= rule["help"].keys()
    assert rules["CPL009"]["defaultConfiguration"] == {"level": "warning"}
    assert len(run["results"]) == len(given.decision.findings)
    marks = [result["partialFingerprints"]["migratorCoupling/v1"] for result in run["results"]]
    assert len(set(marks)) == len(marks)
    suppressed = {s["status"] for result in run["results"] for s in result["suppressions"]}
    assert suppressed == ({"accepted"} if kind is overridden else set())
    assert run["invocations"][0]["executionSuccessful"] is (kind is not unknown)
    monkeypatch.setattr("migrator.coupling.reports.sarif.home", lambda: "https://docs.example.org")
    monkeypatch.setattr(documentation, "home", lambda: "https://docs.example.org")
    driver = json.loads(render(given, "sarif"))["runs"][0]["tool"]["driver"]
    assert driver["informationUri"] == "https://docs.example.org"
    assert driver["rules"][0]["helpUri"] == "https://docs.example.org/coupling.md#cpl001-coupled-change"


def test_a_fingerprint_does_not_move_with_its_line() -> None:
    def marks(line: int) -> list[str]:
        given = evidence(change(EXPAND, "added"), change(APP, line=line), sql_files=[ADDS])
        results = json.loads(render(CouplingReport(given, judge(given)), "sarif"))["runs"][0]["results"]
        return [result["partialFingerprints"]["migratorCoupling/v1"] for result in results]

    assert marks(1) == marks(99)


@pytest.mark.parametrize("kind", KINDS)
def test_gitlab(kind: Any) -> None:
    given = kind()
    issues = json.loads(render(given, "gitlab"))
    assert problems(GITLAB, issues) == []
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == len(given.decision.findings)
    assert {issue["severity"] for issue in issues} <= {"minor" if kind is overridden else "critical"}


@pytest.mark.parametrize("kind", KINDS)
def test_junit(kind: Any) -> None:
    root = ET.fromstring(render(kind(), "junit").encode())  # noqa: S314 our own text
    assert list(_faults(root)) == []
    failures = root.findall(".//failure")
    assert bool(failures) is (kind in (report, contract))
    assert all(re.fullmatch(r"CPL\d{3}", failure.attrib["type"]) for failure in failures)
    verdict = root.find("testsuite[@name='verdict']/testcase")
    assert verdict is not None
    assert (verdict.find("error") is not None) is (kind is unknown)
    assert (verdict.find("system-out") is not None) is (kind is overridden)


def _faults(element: ET.Element) -> Iterator[str]:
    required, optional, children = JUNIT[element.tag]
    if not required <= set(element.attrib):
        yield f"{element.tag} lacks {required - set(element.attrib)}"
    yield from (f"{element.tag} has {name}" for name in set(element.attrib) - required - optional)
    for child in element:
        if child.tag not in children:
            yield f"{element.tag} holds {child.tag}"
        yield from _faults(child)


def test_gcc_is_one_line_each() -> None:
    lines = render(contract(), "gcc").splitlines()
    assert lines[0].startswith(f"{APP}:7:5: error: {CONTRACT} removes public.users.email")
    assert lines[0].endswith("[CPL003 contract-referenced-head]")
    assert len(lines) == 3


def test_text_says_what_to_do_and_by_what_was_judged() -> None:
    text = render(contract(), "text")
    assert f"{APP}:7:5: error: CPL003 contract-referenced-head\n  {CONTRACT} removes" in text
    assert "  help: First take the use out" in text
    assert "  docs: docs/coupling.md#cpl004-contract-referenced-deployed" in text
    assert f"deployed: {BASE[:12]} (checkout 1.4, deploy finished)" in text
    assert text.endswith("fail: This must not ship as it is. 1 changed file: 3 errors, 0 warnings.\n")
    coupled = render(report(), "text")
    assert "To split the branch, schema first:\n  git switch -c schema-first" in coupled
    assert "\nOpen a pull request for schema-first and ship it first." in coupled
    assert "people can take it on: the label allow-coupled-migration" in coupled
    assert "deployed:" not in coupled
    assert "unknown: " in render(unknown(), "text")


def test_markdown_begins_with_its_marker_and_fits() -> None:
    text = render(contract(), "markdown")
    assert text.startswith(f"{MARKER}\n## Schema and code: fail\n")
    assert f"- {BASE[:12]} (checkout 1.4, deploy finished)" in text
    many = [change(f"src/{'x' * 200}{n}.py") for n in range(400)]
    given = evidence(change(EXPAND, "added"), *many, sql_files=[ADDS])
    long = CouplingReport(given, judge(given))
    assert len(render(long, "markdown")) <= 65_000
    assert "more; `migrator coupling check` prints them all." in render(long, "markdown")
    assert len(within(long, 1_000_000)) > 65_000
    assert "> **Override.** Approved by " in render(overridden(), "markdown")


def test_every_rule_says_its_name_its_level_and_where_it_is_documented() -> None:
    for code, rule in discover().items():
        assert (rule.__doc__ or "").startswith(f"{code}: ")
        assert docs_of(code, rule.NAME) == f"docs/coupling.md#{code.lower()}-{rule.NAME}"


def test_classes_are_the_words_of_the_documents() -> None:
    assert [kind.value for kind in FileClass] == ["neutral", "migration", "schema-snapshot", "model", "test", "app"]


def test_what_is_overridden_or_unknown_counts_among_the_ten_that_are_shown() -> None:
    """GitHub shows ten errors and ten warnings of a step: the line that says how many more there are must be one."""
    files = [change(EXPAND, "added"), *(change(f"src/{number}.py") for number in range(12))]
    given = evidence(*files, sql_files=[ADDS], policy=PEOPLE, pull_request=request())
    lines = render(CouplingReport(given, judge(given)), "github").splitlines()
    warnings = [line for line in lines if line.startswith("::warning")]
    assert warnings == lines
    assert (len(warnings), "+3 more, see the summary." in warnings[-1]) == (10, True)
    given = evidence(change(CONTRACT, "added"), sql_files=[DROPS], scanned={})
    unknowns = render(CouplingReport(given, judge(given)), "github")
    assert unknowns.count("::error title=coupling unknown::") == 1
