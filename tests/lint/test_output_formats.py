"""Reports as their readers see them: valid by their schemas, for any path and any message."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.errors import InputError
from migrator.lint.finding import Severity
from migrator.lint.outputs import render
from migrator.lint.report import LintReport
from migrator.lint.reports.github import escape_data, escape_property
from migrator.lint.runner import lint
from migrator.lint.source import Source
from migrator.lint.workspace import uri_of
from tests.lint.output_schemas import GITLAB, JUNIT, SARIF, problems

TEXT = """CREATE INDEX i ON t (a);
CREATE INDEX i ON t (a);
-- migrator: allow truncate: a cache, "quoted" & <b>
TRUNCATE c;
ALTER TABLE t
  ADD CONSTRAINT "größe %" CHECK (a > 0);
DO $$ BEGIN EXECUTE a; END $$;
selec;
"""
PATHS = [
    "a.sql",
    "./db/ä b.sql",
    "a:b,c%.sql",
    "größe/😀.sql",
    "a#?&<>.sql",
    "a\udc80.sql",
    "C:\\db\\a.sql",
    "/srv/a.sql",
]


@pytest.fixture(autouse=True)
def outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)


def full(path: str) -> LintReport:
    """A report of everything that a report can hold."""
    report = lint([Source(path, TEXT), Source("clean.sql", "SELECT 1")], 17)
    unread = (InputError("b.sql is not UTF-8.", "Save it as UTF-8."),)
    return replace(report, known=report.findings[:1], unread=unread)


@pytest.mark.parametrize("path", PATHS)
def test_sarif_is_valid(path: str) -> None:
    report = full(path)
    log = json.loads(render(report, "sarif"))
    assert problems(SARIF, log) == []
    (run,) = log["runs"]
    assert len(run["results"]) == len(report.findings) + len(report.allowed) + len(report.known)
    assert any("fixes" in result for result in run["results"])
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


@pytest.mark.parametrize(
    "broken",
    [
        {"level": "fatal"},
        {"message": {}},
        {"message": "text"},
        {"locations": []},
        {"partialFingerprints": {}},
        {"column": 1},
        {"suppressions": [{"status": "accepted"}]},
        {"fixes": [{"description": {"text": "a"}}]},
    ],
)
def test_the_schema_refuses_what_is_no_sarif(broken: dict[str, Any]) -> None:
    log = json.loads(render(full("a.sql"), "sarif"))
    log["runs"][0]["results"][0] |= broken
    assert problems(SARIF, log) != []


@given(st.sampled_from(PATHS) | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_a_uri_is_the_path_and_plain_ascii(path: str) -> None:
    uri = uri_of(path)
    assert re.fullmatch(r"[A-Za-z0-9\-._~/:%!$&'()*+,;=@]+", uri)
    has_drive = re.match(r"[A-Za-z]:[\\/]", path) is not None
    read = unquote(uri.removeprefix("file:///" if has_drive else "file://"), errors="surrogateescape")
    assert read == (path.replace("\\", "/") if has_drive else path)
    assert (":" in uri.split("/")[0]) is uri.startswith("file:")


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/")])
def test_gitlab_is_valid(path: str) -> None:
    issues = json.loads(render(full(path), "gitlab"))
    assert problems(GITLAB, issues) == []
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == len(full(path).findings)


@pytest.mark.parametrize("path", PATHS)
def test_junit_is_valid(path: str) -> None:
    text = render(full(path), "junit")
    root = ET.fromstring(text.encode())  # noqa: S314 our own text
    assert list(_faults(root)) == []
    for suite in root:
        for attribute, element in (("failures", "failure"), ("errors", "error"), ("tests", "")):
            assert int(suite.attrib[attribute]) == len(suite.findall(f"testcase/{element}".rstrip("/")))


def _faults(element: ET.Element) -> Iterator[str]:
    required, optional, children = JUNIT[element.tag]
    if not required <= set(element.attrib):
        yield f"{element.tag} lacks {required - set(element.attrib)}"
    yield from (f"{element.tag} has {name}" for name in set(element.attrib) - required - optional)
    for child in element:
        if child.tag not in children:
            yield f"{element.tag} holds {child.tag}"
        yield from _faults(child)


@given(st.text())
def test_github_reads_back_what_was_escaped(text: str) -> None:
    for escaped, codes in (
        (escape_data(text), {"%0D": "\r", "%0A": "\n"}),
        (escape_property(text), {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}),
    ):
        assert not set(escaped) & set(codes.values())
        assert _unescaped(escaped, codes) == text


def _unescaped(text: str, codes: Mapping[str, str]) -> str:
    """Read as the runner does: the percent sign last."""
    for code, character in (*codes.items(), ("%25", "%")):
        text = text.replace(code, character)
    return text


COMMAND = re.compile(r"::(?P<level>error|warning) (?P<properties>.*?)::(?P<message>.*)")


@pytest.mark.parametrize("path", PATHS)
def test_annotations_are_commands_that_the_runner_reads(path: str) -> None:
    report = full(path)
    lines, levels = render(report, "github").split("\n"), set[str]()
    assert lines.pop() == ""
    assert len(lines) == len(report.findings)
    for line in lines:
        match = COMMAND.fullmatch(line)
        assert match is not None
        levels.add(match["level"])
        properties = dict(pair.split("=", 1) for pair in match["properties"].split(","))
        assert set(properties) <= {"file", "line", "endLine", "col", "title"}
        # the runner drops a column that it is given for several lines
        assert ("col" in properties) is (properties["line"] == properties["endLine"])
    assert levels == {severity.value for severity in Severity}
