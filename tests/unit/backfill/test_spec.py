"""The specification: what is one SQL expression, what is refused, what the checksum covers."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from migrator.backfill.spec import BackfillSpec
from migrator.config import BackfillSettings


def spec(**changes: object) -> BackfillSpec:
    return BackfillSpec.model_validate({"table": "public.users", "set": {"mail": "email"}, **changes})


def test_name_is_made_of_table_and_columns() -> None:
    assert spec().name == "users_mail"
    assert spec(set={"a": "1", "b": "2"}).name == "users_a_b"
    assert spec(name="mine").name == "mine"
    assert len(spec(set={"c" * 60: "1"}).name.encode()) <= 63


def test_table_gets_its_schema() -> None:
    assert spec(table="users").table == "public.users"
    assert spec(table='"My Schema"."T"').table_name == ("My Schema", "T")


@pytest.mark.parametrize(
    "text",
    [
        "email",
        "lower(email)",
        "upper(email) -- why",
        "a % 2",
        "(SELECT max(x) FROM other WHERE other.id = users.id)",
        "'a; DROP TABLE b'",
        "CASE WHEN a > 1 THEN 'x' ELSE 'y' END",
        "data->>'k'",
        "'costs $1'",
    ],
)
def test_expressions_that_are_one_expression(text: str) -> None:
    assert spec(set={"mail": text}).set["mail"] == text
    assert spec(where=f"{text}\n IS NULL").where


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a, b, c) , (d",
        "a) FROM other WHERE (true",
        "1) UNION SELECT (2",
        "1) AS x, (2",
        "1); DELETE FROM users; SELECT (1",
        "1; DELETE FROM users",
        "email --\n) FROM users; DROP TABLE users; SELECT (1",
        "1) ORDER BY (1",
        "1) LIMIT (1",
        "$1",
        "count(*",
    ],
)
def test_texts_that_are_not_one_expression(text: str) -> None:
    with pytest.raises(ValidationError, match=r"set\.mail"):
        spec(set={"mail": text})
    with pytest.raises(ValidationError, match="where"):
        spec(where=text)


@pytest.mark.parametrize(
    "change",
    [
        {"python": "package.module:function"},
        {"set": {}, "python": "package.module", "writes": ["mail"]},
        {"set": {}, "python": "package.module:function"},
        {"writes": ["mail"]},
        {"set": {}, "delete": True},
        {"archive_to": "archive", "where": "true"},
        {"set": {}, "sql": "UPDATE users SET mail = email WHERE :range", "where": "mail IS NULL"},
        {"by": "ctid"},
        {"by": "page"},
        {"limits": {"max_lagg": "2s"}},
        {"limits": {"max_lag": 2}},
        {"limits": {"batch_size": 0}},
        {"set": {}},
        {"set": "mail = email"},
        {"table": "a.b.c"},
    ],
)
def test_wrong_keys_and_values_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        spec(**change)


def test_checksum_follows_the_meaning_and_not_the_pace() -> None:
    checksum = spec().checksum
    assert spec(limits={"max_lag": "5s"}, compare=False, name="other").checksum == checksum
    assert spec(set={"mail": "lower(email)"}).checksum != checksum
    assert spec(where="mail IS NULL").checksum != checksum
    assert spec(table="accounts").checksum != checksum


def test_own_limits_win_over_settings() -> None:
    settings = BackfillSettings(batch_size=7)
    pace = spec(limits={"max_lag": "5s"}).pace(settings)
    assert (pace.max_lag, pace.batch_size) == (timedelta(seconds=5), 7)


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE users SET mail = email WHERE :range",
        "UPDATE users SET mail = email WHERE mail IS NULL AND :range; -- why",
        "DELETE FROM users WHERE (:range) AND mail = '5 %'",
        "INSERT INTO copies SELECT id FROM users WHERE :range ON CONFLICT DO NOTHING",
    ],
)
def test_statements_with_a_range(text: str) -> None:
    assert spec(set={}, sql=text).name == "users_sql"


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE users SET mail = email",
        "UPDATE users SET mail = ':range'",
        "UPDATE users SET mail = email -- WHERE :range",
        "UPDATE users SET mail = email WHERE :range AND :range",
        "UPDATE users SET mail = email WHERE :range; DELETE FROM users",
        "SELECT * FROM users WHERE :range",
        "TRUNCATE users /* :range */",
        "UPDATE users SET mail = $1 WHERE :range",
        "UPDATE users SET mail = WHERE :range",
    ],
)
def test_statements_that_cannot_be_cut_into_batches(text: str) -> None:
    with pytest.raises(ValidationError, match="sql"):
        spec(set={}, sql=text)


def test_names_and_checksums_of_other_sources() -> None:
    function = spec(set={}, python="a.b:clean", writes=["mail"])
    archive = spec(set={}, archive_to="old.users", where="mail IS NULL")
    assert (function.name, archive.name, archive.delete) == ("users_clean", "users_archive", True)
    assert spec(set={}, delete=True, where="true").name == "users_delete"
    assert not function.compare
    assert len({function.checksum, archive.checksum, spec().checksum, spec(by="ctid", where="true").checksum}) == 4
