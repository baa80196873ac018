"""Templates: each syntax is named, nothing that surrounds it is lost, and findings stand where the text is written."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.lint.runner import lint
from migrator.lint.settings import LintSettings
from migrator.lint.source import Source
from migrator.lint.template import fill
from migrator.statements.statement import Span
from tests.lint.fix_command import run

AROUND = "TRUNCATE a;\n{}\nTRUNCATE b;\n"


def found(text: str, **placeholders: str) -> list[tuple[int, str]]:
    report = lint([Source("a.sql", text)], 17, LintSettings(placeholders=placeholders))
    return [(finding.line, finding.rule) for finding in report.findings]


@pytest.mark.parametrize(
    ("statement", "syntax", "name"),
    [
        ("ALTER TABLE {{ schema }}.t ADD b int;", "Jinja, `{{ … }}`", "schema"),
        ("ALTER TABLE {{ x.get('a;b') }}.t ADD b int;", "Jinja, `{{ … }}`", "x.get('a;b')"),
        ("ALTER TABLE <%= schema %>.t ADD b int;", "ERB", "schema"),
        ("ALTER TABLE ${schema}.t ADD b int;", "shell or Flyway", "schema"),
        ("ALTER TABLE $(schema).t ADD b int;", "sqlcmd", "schema"),
        ("ALTER TABLE #{schema}.t ADD b int;", "Ruby", "schema"),
        ("ALTER TABLE @schema@.t ADD b int;", "Maven or Ant", "schema"),
        ("ALTER TABLE :schema.t ADD b int;", "psql or a driver", "schema"),
        ('ALTER TABLE :"schema".t ADD b int;', "psql or a driver", "schema"),
        ("SELECT :'value';", "psql or a driver", "value"),
        ("INSERT INTO t VALUES (%(value)s);", "Python, `%(…)s`", "value"),
        ("INSERT INTO t VALUES (%s);", "Python, `%s`", ""),
        ("INSERT INTO t VALUES (?, 1);", "a driver, `?`", ""),
        ('INSERT INTO "${schema}".t VALUES (1);', "shell or Flyway", "schema"),
    ],
)
def test_each_syntax_is_named_and_the_rest_is_linted(statement: str, syntax: str, name: str) -> None:
    report = lint([Source("a.sql", AROUND.format(statement))], 17)
    assert [(f.line, f.rule) for f in report.findings] == [(1, "truncate"), (2, "templated-sql"), (3, "truncate")]
    assert report.statements == 3
    claim = report.findings[1].claim
    assert syntax in claim.message
    assert (f'[lint.placeholders] with "{name}" = "…"' in claim.help) is bool(name)


@pytest.mark.parametrize(
    "statement",
    ["ALTER TABLE t ADD a int DEFAULT $1;", "SELECT $2 + 1;", "DELETE FROM t WHERE id = $1;"],
)
def test_a_parameter_that_nobody_gives(statement: str) -> None:
    assert (2, "templated-sql") in found(AROUND.format(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "PREPARE p AS SELECT $1;",
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql RETURN $1;",
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';",
        "SELECT '{{1,2},{3,4}}'::int[], '${a}', '%s', ':name', a[1:n], 1 % 2, x ? 'a' FROM t;",
        "SELECT '{% x %}' -- {{ comment }} ${y}",
        "ALTER TABLE t ALTER a SET DEFAULT '{{ filled at run time }}';",
    ],
)
def test_what_only_looks_like_a_template(statement: str) -> None:
    assert "templated-sql" not in {rule for _, rule in found(AROUND.format(statement))}


TAGGED = """{# it's a comment; with a quote #}
{% if version == 'a;b' %}
TRUNCATE a;
{% else %}
TRUNCATE b;
{%- endif %}
ALTER TABLE {{ x['a;b'] }} ADD c int;
SELECT '{% not a tag'; TRUNCATE c;
"""


def test_control_tags_hide_no_statement() -> None:
    expected = [(1, "templated-sql"), (3, "truncate"), (5, "truncate"), (7, "templated-sql"), (8, "truncate")]
    assert found(TAGGED) == expected


def test_findings_stand_where_the_text_is_written(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "migrator.toml").write_text('[lint.placeholders]\na = "public.a_long_name"\nb = "t"\n')
    (tmp_path / "a.sql").write_text("SELECT ${a}; TRUNCATE ${b};\nSELECT ${ b }; TRUNCATE ${a}\n  CASCADE;\n")
    data = json.loads(run("a.sql", "--format", "json", cwd=tmp_path).stdout)
    places = {
        (f["line"], f["column"], f["end_line"], f["relation"]) for f in data["findings"] if f["rule"] == "truncate"
    }
    assert places == {(1, 14, 1, "public.t"), (2, 16, 3, "public.a_long_name")}
    text = run("a.sql", cwd=tmp_path).stdout.decode()
    assert "1 | SELECT ${a}; TRUNCATE ${b};" in text


def test_a_value_of_several_lines_moves_no_line() -> None:
    assert found("SELECT ${a};\nTRUNCATE t;\n", a="1,\n2,\n3") == [(2, "truncate")]


_PARTS = st.lists(st.sampled_from(["${a}", "{{ b }}", ":c", "SELECT 1; ", "\n", "x", "ä", "${other}"]))


@given(_PARTS, st.data())
def test_places_are_found_again(parts: list[str], data: st.DataObject) -> None:
    written = " ".join(parts)
    filling = fill(written, {"a": "1", "b": "a long value", "c": "c"})
    start = data.draw(st.integers(0, len(filling.text)))
    end = data.draw(st.integers(start, len(filling.text)))
    place = filling.place(Span(start, end))
    assert 0 <= place.start <= place.end <= len(written)
    if filling.placeholder_in(Span(start, end)) is None and start < end:
        assert written[place.start : place.end] == filling.text[start:end]
    assert filling.place(Span(0, len(filling.text))) == Span(0, len(written))
    assert filling.text.count("\n") == written.count("\n")
