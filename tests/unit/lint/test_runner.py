"""The runner: files that know their siblings, each parsed once and reported by the path that was asked for."""

import os
from collections import Counter
from pathlib import Path

import pytest

from migrator.lint import reading
from migrator.lint.runner import lint
from migrator.lint.source import Source, read_sources
from migrator.statements.parse import parse_sql
from migrator.statements.statement import ParsedSql

BAD = "CREATE INDEX i ON t (a);"


def write_migrations(folder: Path, count: int) -> None:
    for n in range(count):
        (folder / f"m{n}").mkdir()
        for name in ("expand", "migrate", "contract", "abort"):
            sql = f"{BAD} ALTER TABLE t{n} ALTER COLUMN {name} SET NOT NULL; ALTER TABLE t DROP COLUMN x;"
            (folder / f"m{n}" / f"{name}.sql").write_text(sql)


def test_each_file_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_migrations(tmp_path, 3)
    parsed = Counter[str]()

    def counting(text: str) -> ParsedSql:
        parsed[text] += 1
        return parse_sql(text)

    monkeypatch.setattr(reading, "parse_sql", counting)
    assert lint(read_sources([tmp_path]), 17).files == 12
    assert (len(parsed), set(parsed.values())) == (12, {1})


def test_findings_name_the_path_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_migrations(tmp_path, 1)
    monkeypatch.chdir(tmp_path)
    paths = {finding.path for finding in lint(read_sources([Path()]), 17).findings}
    assert paths == {os.path.join("m0", f"{name}.sql") for name in ("expand", "migrate", "contract", "abort")}  # noqa: PTH118


def test_the_text_given_is_linted_and_not_the_file_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "expand.sql").write_text(BAD)
    sources = [Source(str(tmp_path / "abort.sql"), "SELECT 1"), Source(str(tmp_path / "expand.sql"), "SELECT 2")]
    assert lint(sources, 17).findings == ()


def test_findings_are_in_the_order_of_files_and_lines() -> None:
    sources = [Source("b.sql", f"{BAD}\nDROP TABLE x;\n{BAD}"), Source("a.sql", BAD)]
    places = [(finding.path, finding.claim.line) for finding in lint(sources, 17).findings]
    assert places == [("b.sql", 1), ("b.sql", 2), ("b.sql", 3), ("a.sql", 1)]


def test_what_is_not_understood_is_counted() -> None:
    report = lint([Source("a.sql", "SELECT 1; DO 'x'; selec 2; SELECT 3")], 17)
    assert (report.files, report.statements, report.not_understood) == (1, 4, 2)
