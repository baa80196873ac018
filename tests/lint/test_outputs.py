"""The output formats: the shapes that GitHub, GitLab and CI systems read, their limits and their escaping."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from migrator.errors import InputError
from migrator.lint import reports
from migrator.lint.finding import Severity
from migrator.lint.outputs import Output, announce, formats, read_outputs, render, write
from migrator.lint.report import LintReport
from migrator.lint.reports import github, markdown
from migrator.lint.runner import lint
from migrator.lint.source import Source
from migrator.lint.workspace import forge_path

BAD = "CREATE INDEX i ON t (a);\n"
MANY = "".join(f"CREATE INDEX i{n} ON t (a);\n" for n in range(25))
ALLOWED = "-- migrator: allow truncate: a cache\nTRUNCATE c;\n"
WARNING = "DO $$ BEGIN EXECUTE a; END $$;"


def report_of(*texts: str, path: str = "a.sql") -> LintReport:
    sources = [Source(path if not n else f"{n}-{path}", text) for n, text in enumerate(texts)]
    return lint(sources, 17)


def test_formats_are_the_modules() -> None:
    files = {path.stem for path in Path(reports.__path__[0]).glob("*.py")} - {"__init__"}
    assert set(formats()) == files == set("text json sarif github gitlab junit markdown gcc".split())


@pytest.fixture(autouse=True)
def outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", formats())
def test_every_format_has_every_finding_and_takes_an_empty_report(name: str) -> None:
    text = render(report_of(BAD, "ALTER TABLE t DROP COLUMN b;"), name)
    assert "create-index-non-concurrent" in text
    assert "drop-column" in text
    assert "create-index-non-concurrent" not in render(report_of("SELECT 1"), name)


def test_sarif() -> None:
    report = report_of(f"{BAD}{BAD}", ALLOWED, path="ä b.sql")
    log = json.loads(render(report, "sarif"))
    (run,) = log["runs"]
    assert (log["version"], log["$schema"].endswith("sarif-2.1.0.json")) == ("2.1.0", True)
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "migrator"
    assert [rule["id"] for rule in rules] == ["create-index-non-concurrent", "truncate"]
    for rule in rules:
        assert {"shortDescription", "fullDescription", "help", "defaultConfiguration"} <= set(rule)
        assert {"text", "markdown"} == set(rule["help"])
    for result in run["results"]:
        _check_sarif_result(result, rules)
    assert [len(result["suppressions"]) for result in run["results"]] == [0, 0, 1]
    assert run["results"][2]["suppressions"][0]["justification"] == "a cache"
    marks = [result["partialFingerprints"]["migratorLint/v1"] for result in run["results"]]
    assert len(set(marks)) == 3


def _check_sarif_result(result: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] in ("error", "warning", "note", "none")
    place = result["locations"][0]["physicalLocation"]
    assert re.fullmatch(r"(1-)?%C3%A4%20b\.sql", place["artifactLocation"]["uri"])
    assert 1 <= place["region"]["startLine"] <= place["region"]["endLine"]
    assert place["region"]["startColumn"] >= 1


def test_a_fingerprint_stays_when_lines_move() -> None:
    def marks(text: str) -> list[str]:
        return [issue["fingerprint"] for issue in json.loads(render(report_of(text), "gitlab"))]

    assert marks(BAD) == marks(f"SELECT 1;\n\n{BAD.replace(' ON', '  ON')}")
    assert marks(BAD) != marks(BAD.replace("(a)", "(b)"))


def test_gitlab() -> None:
    issues = json.loads(render(report_of(f"{BAD}{BAD}{WARNING}", path="./a.sql"), "gitlab"))
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert (issue["location"]["path"], set(issue["location"]["lines"])) == ("a.sql", {"begin"})
    assert [issue["severity"] for issue in issues[:2]] == ["major", "major"]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 3


def test_junit() -> None:
    root = ET.fromstring(render(report_of("SELECT 1", BAD, WARNING), "junit"))  # noqa: S314 our own text
    suites = {suite.attrib["name"]: suite for suite in root.findall("testsuite")}
    assert [case.attrib["name"] for case in suites["clean"].findall("testcase")] == ["a.sql"]
    failures = root.findall(".//failure")
    assert [failure.attrib["type"] for failure in failures] == ["create-index-non-concurrent"]
    assert "help:" in (failures[0].text or "")
    for suite in suites.values():
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    assert [case.attrib["classname"] for case in root.findall(".//testcase[system-out]")] == ["opaque-sql"]
    strict = replace(report_of(WARNING), fail_on=Severity.WARNING)
    assert len(ET.fromstring(render(strict, "junit")).findall(".//failure")) == 1  # noqa: S314


def test_junit_holds_no_character_that_xml_cannot() -> None:
    report = report_of('CREATE INDEX "a\x01\x0b\ufffeb" ON t (a);', path="a\udc80.sql")
    ET.fromstring(render(report, "junit").encode())  # noqa: S314


def test_github_escapes_data_and_properties() -> None:
    text = render(report_of('CREATE INDEX "100%\r\n" ON t (a);', path="a,b:c%.sql"), "github")
    (line,) = text.splitlines()
    assert line.startswith("::error file=a%2Cb%3Ac%25.sql,line=1,endLine=2,title=create-index-non-concurrent::")
    assert "100%25%0D%0A" in line


def test_github_shows_ten_of_each_and_says_how_many_more() -> None:
    lines = render(report_of(f"{MANY}{WARNING}"), "github").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error"] * github.MOST + ["::warning"]
    assert "(+15 more; the step summary has them all.)" in lines[9]
    assert not any("more; the step summary" in line for line in (*lines[:9], lines[10]))


def test_markdown_fits_into_a_comment_and_says_what_is_left_out() -> None:
    text = render(report_of("".join(f'CREATE INDEX i{n} ON t ("{"x" * 50}");\n' for n in range(400))), "markdown")
    assert text.startswith(markdown.MARKER)
    assert len(text) <= markdown.LONGEST < 65_536
    shown = text.count("\n### ")
    assert 0 < shown < 400
    assert f"… and {400 - shown} more" in text


def test_markdown_mentions_nobody_and_stays_in_its_fence() -> None:
    text = render(report_of('CREATE INDEX "```@all<b>" ON t (a);'), "markdown")
    assert '````sql\nCREATE INDEX "```@all<b>"' in text
    outside = re.sub(r"````sql.*?\n````", "", text, flags=re.DOTALL)
    assert "@all" not in outside
    assert "<b>" not in outside


def test_gcc_is_one_line_per_finding() -> None:
    lines = render(report_of(f"SELECT 1;\n  {BAD}{WARNING}"), "gcc").splitlines()
    assert re.fullmatch(r"a\.sql:2:3: error: .+ \[create-index-non-concurrent\]", lines[0])
    assert re.fullmatch(r"a\.sql:3:1: warning: .+ \[opaque-sql\]", lines[1])


def test_text_cuts_long_statements_and_prints_no_control_characters() -> None:
    lines = render(report_of("CREATE INDEX i\n" + "\x1b[31m\n" * 20 + "ON t (a);"), "text")
    assert "\x1b" not in lines
    assert "… 16 more" in render(report_of("CREATE INDEX i\n" + "\n" * 20 + "ON t (a);"), "text")


def test_outputs_are_read() -> None:
    assert read_outputs((), "text") == (Output("text"),)
    assert read_outputs(("sarif=a=b",), "json") == (Output("sarif", Path("a=b")), Output("json"))
    assert read_outputs(("gcc", "json=x"), "text") == (Output("gcc"), Output("json", Path("x")))


@pytest.mark.parametrize("words", [("xml",), ("sarif=",), ("gcc", "json"), ("",)])
def test_outputs_that_cannot_be(words: tuple[str, ...]) -> None:
    with pytest.raises(InputError):
        read_outputs(words, "text")


def test_outputs_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(report_of(BAD), [Output("gcc"), Output("sarif", tmp_path / "a.sarif"), Output("junit", tmp_path / "j")])
    assert capsys.readouterr().out.startswith("a.sql:1:1: error:")
    assert json.loads((tmp_path / "a.sarif").read_text())["version"] == "2.1.0"
    assert (tmp_path / "j").read_text().startswith("<?xml")
    with pytest.raises(InputError, match="cannot be written"):
        write(report_of(BAD), [Output("json", tmp_path / "none" / "x")])


def test_github_is_told_without_being_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    job = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    announce(report_of(BAD), [Output("text")], job)
    assert capsys.readouterr().out.startswith("::error file=a.sql")
    assert summary.read_text().startswith(f"before\n{markdown.MARKER}")
    announce(report_of(BAD), [Output("json")], {"GITHUB_ACTIONS": "true"})
    captured = capsys.readouterr()
    assert (captured.out, captured.err.startswith("::error")) == ("", True)
    announce(report_of(BAD), [Output("github")], {"GITHUB_ACTIONS": "true"})
    announce(report_of(BAD), [Output("text")], {})
    assert capsys.readouterr() == ("", "")


def test_paths_are_those_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "db").mkdir()
    monkeypatch.chdir(tmp_path / "db")
    assert forge_path("./a.sql", {}) == "a.sql"
    assert forge_path("a.sql", {"CI_PROJECT_DIR": str(tmp_path)}) == "db/a.sql"
    assert forge_path("../../a.sql", {"CI_PROJECT_DIR": str(tmp_path)}) == "../../a.sql"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert render(report_of(BAD), "github").startswith("::error file=db/a.sql,")
    assert '"uri": "db/a.sql"' in render(report_of(BAD), "sarif")
    assert '"path": "db/a.sql"' in render(report_of(BAD), "gitlab")


def test_allowed_findings_are_counted_with_their_reasons() -> None:
    report = report_of(ALLOWED)
    assert (report.findings, report.totals) == ((), "0 errors, 0 warnings (1 allowed).")
    data = json.loads(render(report, "json"))
    assert [(allowed["rule"], allowed["reason"]) for allowed in data["allowed"]] == [("truncate", "a cache")]
