"""The parser: offsets in characters, every part of a text read or reported, comments where people put them."""

import pytest

from migrator.statements.parse import parse_sql, scan_comments
from migrator.statements.statement import ParsedSql


def texts(parsed: ParsedSql) -> list[str]:
    return [statement.text for statement in parsed.statements]


def assert_spans_hold(text: str) -> None:
    parsed = parse_sql(text)
    for statement in parsed.statements:
        assert text[statement.span.start : statement.span.end] == statement.text
        assert statement.line == text[: statement.span.start].count("\n") + 1


def test_locations_are_bytes_in_the_grammar_and_characters_here() -> None:
    text = "-- é\nSELECT 'ünï';\n\n  SELECT '漢字' AS x; SELECT 3"
    assert texts(parse_sql(text)) == ["SELECT 'ünï'", "SELECT '漢字' AS x", "SELECT 3"]
    assert [s.line for s in parse_sql(text).statements] == [2, 4, 4]
    assert_spans_hold(text)


@pytest.mark.parametrize("text", ["", "  \n", ";;", "-- only a comment", "/* a */ ; -- b"])
def test_a_text_without_statements_is_empty_and_no_problem(text: str) -> None:
    assert parse_sql(text) == ParsedSql((), ())


def test_one_mistake_hides_nothing_else() -> None:
    parsed = parse_sql("SELECT 1;\nselec 'é';\nDROP TABLE é FORM x;\nSELECT 2; SELECT")
    assert texts(parsed) == ["SELECT 1", "SELECT 2", "SELECT"]
    assert [(p.line, p.column) for p in parsed.problems] == [(2, 1), (3, 14)]
    assert parsed.problems[0].message == 'Syntax error at or near "selec".'


def test_the_problem_of_an_unfinished_statement_is_at_its_end() -> None:
    (problem,) = parse_sql("SELECT 1 +\n  2 *\n;\nSELECT 2").problems
    assert (problem.line, problem.column) == (2, 6)
    assert problem.message == "Syntax error at end of input."


def test_a_parenthesis_that_is_never_closed_does_not_swallow_the_file() -> None:
    parsed = parse_sql("CREATE TABLE t (a int;\nDROP TABLE u;")
    assert texts(parsed) == ["DROP TABLE u"]
    assert len(parsed.problems) == 1


def test_semicolons_inside_rules_and_atomic_bodies_belong_to_the_statement() -> None:
    rule = "CREATE OR REPLACE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)"
    function = "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END"
    quoted = "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS $x$ SELECT 1; SELECT 2; $x$"
    for prefix in ("", "selec; "):
        assert texts(parse_sql(f"{prefix}{rule}; {function}; {quoted}; SELECT 1")) == [
            rule,
            function,
            quoted,
            "SELECT 1",
        ]


@pytest.mark.parametrize(
    "bad", ["'abc\n;SELECT 9", '"abc; SELECT 9', "$$ abc; SELECT 9", "/* abc; SELECT 9", "E'\\uZZ'"]
)
def test_when_the_scanner_fails_the_statements_before_are_read(bad: str) -> None:
    parsed = parse_sql(f"SELECT 'é';\nSELECT 2;\nSELECT 3, {bad}")
    assert texts(parsed) == ["SELECT 'é'", "SELECT 2"]
    (problem,) = parsed.problems
    assert (problem.line, problem.span.start) == (3, 22)
    assert problem.column in {11, 13}  # the scanner points at the escape itself
    assert "\n" not in problem.message


def test_psql_commands_are_named_as_such() -> None:
    parsed = parse_sql("\\set x 1\nSELECT 1;\nSELECT 2 \\gset\nSELECT 3")
    assert texts(parsed) == ["SELECT 1", "SELECT 3"]
    assert [p.line for p in parsed.problems] == [1, 3]
    assert all("psql meta-commands are not SQL" in p.message for p in parsed.problems)


def test_byte_order_mark_and_windows_lines() -> None:
    text = "\ufeffSELECT 1;\r\n-- why\r\nSELECT 2;\r\n"
    assert [(s.line, s.comments) for s in parse_sql(text).statements] == [(1, ()), (3, ("why",))]
    assert_spans_hold(text)


def test_only_the_first_character_is_a_byte_order_mark() -> None:
    assert texts(parse_sql("\ufeffSELECT '\ufeff'")) == ["SELECT '\ufeff'"]


def test_a_nul_byte_is_a_problem_and_the_rest_is_read() -> None:
    parsed = parse_sql("SELECT 1;\n\0SELECT 2")
    assert texts(parsed) == ["SELECT 1", "SELECT 2"]
    assert [(p.line, p.column) for p in parsed.problems] == [(2, 1)]


def test_comments_directly_before_a_statement() -> None:
    text = (
        "-- file header\n\n-- one\n/* two\n * three */\nSELECT 1; -- of one\n-- four\nSELECT 2;\n\n-- lost\n\nSELECT 3"
    )
    assert [s.comments for s in parse_sql(text).statements] == [("one", "two", "three"), ("four",), ()]


def test_a_statement_ends_at_its_last_token() -> None:
    text = "SELECT 1 -- é\n  -- more\n;\nSELECT 2 /* x */ ;SELECT '--é' -- tail"
    assert texts(parse_sql(text)) == ["SELECT 1", "SELECT 2", "SELECT '--é'"]


def test_every_comment_is_found_with_its_place() -> None:
    found = scan_comments("SELECT '-- no'; -- é\n/* a\n * b */ SELECT 1")
    assert [(c.text, c.line) for c in found] == [("é", 1), ("a\nb", 2)]
    assert scan_comments("SELECT 'unterminated -- x") == ()


def test_an_expression_of_many_parts_is_read() -> None:
    parsed = parse_sql("SELECT " + " || ".join(["'a'"] * 2000))
    assert [s.kind for s in parsed.statements] == ["select_stmt"]


def test_absurd_nesting_is_a_problem_and_not_a_crash() -> None:
    parsed = parse_sql("SELECT 1; SELECT " + "(" * 30000 + "1" + ")" * 30000)
    assert texts(parsed) == ["SELECT 1"]
    assert len(parsed.problems) == 1
