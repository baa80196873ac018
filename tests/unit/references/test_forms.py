"""The same code in another form uses the same columns, and what only looks like a column is none."""

import pytest

from migrator.names import TableName
from migrator.references.decoded import text_of, utf8_of
from migrator.references.known import known_tables
from migrator.references.reference import Reference
from migrator.references.scanners import python_code, words
from migrator.references.spellings import is_distinctive, table_spellings
from migrator.references.whole_rows import whole_rows
from migrator.schema.model import Schema

USERS = known_tables(Schema(), {TableName("public", "users"): frozenset({"legacy_flag", "name"})})


def named(references: tuple[Reference, ...]) -> set[str]:
    return {r.column or "*" for r in references if (r.column or r.is_star) and r.table in {"", "users"}}


def test_marks_and_line_ends_are_no_text() -> None:
    assert text_of(b"\xef\xbb\xbfa\r\nb\n") == utf8_of(b"\xef\xbb\xbfa\r\nb\n") == "a\nb\n"
    assert text_of("a\r\n".encode("utf-16")) == "a\n"
    with pytest.raises(UnicodeDecodeError):
        utf8_of("a\r\n".encode("utf-16"))


@pytest.mark.parametrize(
    ("table", "spelling"),
    [
        ("people", "Person"),
        ("person", "People"),
        ("categories", "Category"),
        ("company", "Companies"),
        ("movies", "Movie"),
        ("statuses", "Status"),
        ("status", "statuses"),
        ("media", "Medium"),
        ("knives", "Knife"),
        ("indices", "index"),
        ("sales_people", "SalesPerson"),
        ("quizzes", "Quiz"),
    ],
)
def test_a_table_is_found_in_the_other_number(table: str, spelling: str) -> None:
    assert spelling in table_spellings(table)


def test_another_word_is_no_singular() -> None:
    assert "new" not in table_spellings("news")


def test_a_long_key_is_distinctive() -> None:
    assert is_distinctive("stripe_customer_id")
    assert not is_distinctive("team_id")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T = 'users'\nQ = f'SELECT name FROM {T}'", {"name"}),
        ("from t import USERS\nQ = f'SELECT * FROM {USERS}'", {"*"}),
        ("from m import User\nQ = f'SELECT u.name FROM {User.__tablename__} u'", {"name"}),
        ("T = 'users'\nQ = 'SELECT name FROM ' + T + ' WHERE id = 1'", {"name"}),
        ("from t import T\nQ = f'SELECT legacy_flag FROM {T}'", {"legacy_flag"}),
        ("Q = ' '.join(['SELECT name', 'FROM users'])", {"name"}),
        ("T = 'devices'\ndef f(user): return f'SELECT name FROM {T}'", set[str]()),
        ("def f(legacy_flag): return f'SELECT id FROM users WHERE id = {legacy_flag}'", set[str]()),
        ("class Named:\n    name: Mapped[str]", {"name"}),
        ("class Named(DeclarativeBase):\n    name: Mapped[str]", {"name"}),
        ("class Device(Base):\n    name: Mapped[str]", set[str]()),
    ],
)
def test_python(text: str, expected: set[str]) -> None:
    assert named(python_code.scan("a.py", text, USERS).references) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.go", "x := 1\nlegacyFlag := true\nreturn legacyFlag", set[str]()),
        ("a.go", 'const q = "SELECT d.legacy_flag FROM devices d"', set[str]()),
        ("a.go", 'const q = "SELECT d.legacy_flag FROM " + t + " d"', {"legacy_flag"}),
        ("a.php", "<?php $legacyFlag = 1; return $legacyFlag ?: 2;", set[str]()),
        ("a.php", "<?php class A { private ?bool $legacyFlag; }", {"legacy_flag"}),
        ("a.html", '<div class="users legacy_flag"><a href="#legacy_flag">x</a></div>', set[str]()),
        ("a.html", "<style>.legacy_flag { top: 0 }</style>", set[str]()),
        ("a.html", '<input class="users" name="legacy_flag">', {"legacy_flag"}),
        ("a.html", '<a class="{{ user.legacy_flag }}">x</a>', {"legacy_flag"}),
        ("a.js", "document.querySelector('.users .legacy_flag').remove()", set[str]()),
        ("a.haml", "%div.legacy_flag\n.legacy_flag\n  Hi\n", set[str]()),
        ("a.haml", "%div.a= user.legacy_flag\n", {"legacy_flag"}),
    ],
)
def test_words(path: str, text: str, expected: set[str]) -> None:
    assert named(words.scan(path, text, USERS).references) == expected


@pytest.mark.parametrize("joint", ["' +\n  '", "' . '", "' \\\n  '", "` + `", "' <> '"])
def test_a_star_that_was_cut_from_its_table(joint: str) -> None:
    text = f"{joint[0]}SELECT * {joint}FROM users{joint[-1]}"
    assert [name for _, name in whole_rows(text, ["users"])] == ["users"]


def test_an_association_may_be_named_by_a_text() -> None:
    known = known_tables(Schema(), {TableName("public", "users"): frozenset({"team_id"})})
    text = "class User < ApplicationRecord\n  belongs_to 'team'\nend\n"
    assert named(words.scan("app/models/user.rb", text, known).references) == {"team_id"}
