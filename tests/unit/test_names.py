"""Names: read as the server reads them, quoted only where needed, never cut by the server."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from migrator.errors import InputError
from migrator.names import MAX_BYTES, TableName, literal, made_name, quote

_IDENTIFIERS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=80)


@pytest.mark.parametrize(
    ("text", "schema", "name"),
    [
        ("users", "public", "users"),
        ("Shop.Users", "shop", "users"),
        ('"Shop"."Users"', "Shop", "Users"),
        ('"my.table"', "public", "my.table"),
        ('shop."say ""hi"""', "shop", 'say "hi"'),
        ("ÜBER", "public", "Über"),
    ],
)
def test_parse(text: str, schema: str, name: str) -> None:
    assert TableName.parse(text) == TableName(schema, name)


@pytest.mark.parametrize(
    "wrong", ["", ".", "a.", ".a", "a.b.c", '"a', 'a"b', "a b", '""', "a..b", "a;b".replace(";", " ")]
)
def test_what_is_no_table_name(wrong: str) -> None:
    with pytest.raises(InputError, match="is not a table name"):
        TableName.parse(wrong)


@given(_IDENTIFIERS, _IDENTIFIERS)
def test_a_printed_table_name_is_read_back(schema: str, name: str) -> None:
    table = TableName(schema, name)
    assert TableName.parse(str(table)) == table


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("users", "users"),
        ("_x9", "_x9"),
        ("Users", '"Users"'),
        ("9x", '"9x"'),
        ("order", '"order"'),
        ("a b", '"a b"'),
        ('a"b', '"a""b"'),
        ("users\n", '"users\n"'),
        ("über", '"über"'),
    ],
)
def test_quote(identifier: str, text: str) -> None:
    assert quote(identifier) == text


@pytest.mark.parametrize("wrong", ["", "a\0b"])
def test_what_is_no_identifier(wrong: str) -> None:
    with pytest.raises(InputError, match="is not an identifier"):
        quote(wrong)


def test_literal() -> None:
    assert literal("it's") == "'it''s'"
    with pytest.raises(InputError, match="NUL"):
        literal("a\0b")


@given(st.lists(_IDENTIFIERS, min_size=1, max_size=4), st.sampled_from(["", "_idx", "_not_null_proof"]))
def test_made_names_fit_and_end_as_asked(parts: list[str], suffix: str) -> None:
    name = made_name(*parts, suffix=suffix)
    assert 0 < len(name.encode()) <= MAX_BYTES
    assert name.endswith(suffix)
    assert name == made_name(*parts, suffix=suffix)


@given(st.lists(_IDENTIFIERS, min_size=1, max_size=4), st.lists(_IDENTIFIERS, min_size=1, max_size=4))
def test_different_parts_never_give_the_same_cut_name(one: list[str], other: list[str]) -> None:
    assume(one != other)
    cut = [name for name in (made_name("x" * MAX_BYTES, *one), made_name("x" * MAX_BYTES, *other)) if name]
    assert cut[0] != cut[1]


def test_a_short_name_stays_as_it_is() -> None:
    assert made_name("users", "mail", suffix="_idx") == "users_mail_idx"
