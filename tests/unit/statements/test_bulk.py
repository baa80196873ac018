"""Plain INSERTs that share a tree are the same statements as when the whole text is parsed at once."""

import pytest

from migrator.statements import bulk, parse
from migrator.statements.parse import parse_sql
from migrator.statements.statement import ParsedSql, SharedTree

ROWS = "INSERT INTO t VALUES (1, 'it''s;', NULL);\nINSERT INTO t VALUES (-2.5e3, '', true);\n"
TEXTS = {
    "rows alone": ROWS,
    "rows of several shapes": f'{ROWS}INSERT INTO "T" (a, "b c") VALUES (1, 2), (3, DEFAULT) ON CONFLICT DO NOTHING;\n',
    "comments": f"-- one\nSELECT 1; -- behind\n{ROWS}-- mine\nINSERT INTO t VALUES (3);\n\n/* two */ SELECT 2 -- end",
    "comment on the line of a row": f"{ROWS}INSERT INTO t VALUES (1); -- theirs\nSELECT 3;\n{ROWS}",
    "not ASCII": f"-- é\nSELECT 'ü';\n{ROWS}INSERT INTO t VALUES ('ß€😀');\n\nSELECT é FROM ü;\n{ROWS}",
    "a call among the constants": f"{ROWS}INSERT INTO t VALUES (1, now());\n{ROWS}",
    "a query": f"{ROWS}INSERT INTO t SELECT f(1);\n{ROWS}",
    "RETURNING": f"{ROWS}INSERT INTO t VALUES (1) RETURNING f(id);\n{ROWS}",
    "within a string": f"SELECT 'a;\n{ROWS} b';\n{ROWS}",
    "within a comment": f"/* a;\n{ROWS} */ SELECT 1;\n{ROWS}",
    "within a line's comment": f"SELECT 1 -- a;\n{ROWS}",
    "within a body": f"CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$\n{ROWS}$$;\n{ROWS}",
    "within a standard body": f"CREATE FUNCTION f() RETURNS void BEGIN ATOMIC\n{ROWS}END;\n{ROWS}",
    "within a rule": f"CREATE RULE r AS ON UPDATE TO t DO (\n{ROWS});\n{ROWS}",
    "behind a statement without a semicolon": f"SELECT 1\n{ROWS}",
    "without the last semicolon": f"{ROWS}INSERT INTO t VALUES (4)",
    "a table that must be quoted": f"{ROWS}INSERT INTO user VALUES (1);\n{ROWS}",
    "a mistake": f"{ROWS}selec 1;\n{ROWS}; oops x;\n{ROWS}",
    "a mistake on the line of a row": f"{ROWS}INSERT INTO t VALUES (4); selec 1;\n{ROWS}",
    "a command of psql": f"\\restrict x\n\n{ROWS}\\unrestrict x\n",
    "an open string": f"{ROWS}SELECT 'a;\n{ROWS}",
    "byte order mark and CRLF": "\ufeff" + ROWS.replace("\n", "\r\n"),
    "NUL": f"{ROWS}SELECT 1;\0\n{ROWS}",
}


def _read_in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "_LARGE", 0)
    monkeypatch.setattr(bulk, "_ROWS_PER_STRETCH", 0)


def _facts(parsed: ParsedSql) -> object:
    told = [(s.text, s.span, s.line, s.kind, s.comments, _without_places(s.node)) for s in parsed.statements]
    return told, parsed.problems


def _without_places(node: parse.Node) -> str:
    return "\n".join(line for line in str(node).splitlines() if "location" not in line)


@pytest.mark.parametrize("name", TEXTS)
def test_plain_inserts_are_read_as_in_the_whole_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = parse_sql(TEXTS[name])
    _read_in_bulk(monkeypatch)
    assert _facts(parse_sql(TEXTS[name])) == _facts(whole)


def test_most_of_the_texts_are_not_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    _read_in_bulk(monkeypatch)
    shared = [n for n, text in TEXTS.items() if any(isinstance(s.tree, SharedTree) for s in parse_sql(text).statements)]
    whole = {name for name in TEXTS if name.startswith(("within", "behind", "a table that", "an open"))}
    assert set(TEXTS) - set(shared) == whole


def test_rows_of_one_shape_share_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    _read_in_bulk(monkeypatch)
    first, second, last = parse_sql(f"{ROWS}INSERT INTO t VALUES (f(1));").statements
    assert isinstance(first.tree, SharedTree)
    assert first.tree is second.tree
    assert not isinstance(last.tree, SharedTree)
    assert last.node is last.shape


def test_rows_with_much_between_them_are_read_with_the_whole_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "_LARGE", 0)
    mixed = parse_sql("INSERT INTO t VALUES (1);\nSELECT 1;\n" * 5)
    assert not any(isinstance(statement.tree, SharedTree) for statement in mixed.statements)
