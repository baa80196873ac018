"""What a SQL text uses: each name goes to the table that it can mean."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.names import TableName
from migrator.references.known import Known
from migrator.references.reference import Confidence, Reference, Usage
from migrator.references.sql import references_in_sql

KNOWN = Known(
    {
        TableName("public", "users"): frozenset({"id", "email", "name"}),
        TableName("public", "orders"): frozenset({"id", "user_id", "total"}),
        TableName("audit", "log"): frozenset({"id", "note"}),
    }
)


def short(reference: Reference) -> str:
    """`public.users.email`, `users.*`, `users` for the table; `w` for a write, `?` where it may be another's."""
    what = "*" if reference.is_star else reference.column
    name = ".".join(part for part in (reference.schema, reference.table, what) if part)
    write = " w" if reference.usage is Usage.WRITE else ""
    doubt = " ?" if reference.confidence is Confidence.RESOLVED and not reference.is_star else ""
    return f"{name}{write}{doubt}"


def used(sql: str, known: Known = KNOWN) -> set[str]:
    found = references_in_sql(sql, known)
    assert found.is_understood, sql
    return {short(reference) for reference in found.references}


USERS, ORDERS = "public.users", "public.orders"


def columns(*names: str) -> set[str]:
    return {USERS, *(f"{USERS}.{name}" for name in names)}


NOTHING: set[str] = set()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "SELECT email FROM users WHERE id = $1 AND name=$2",
            {USERS, f"{USERS}.email", f"{USERS}.id", f"{USERS}.name"},
        ),
        ('SELECT "Email", EMAIL FROM Users', {USERS, f"{USERS}.Email ?", f"{USERS}.email"} - {f"{USERS}.Email ?"}),
        ("SELECT * FROM users", {USERS, f"{USERS}.*"}),
        ("SELECT u.* FROM users u, orders o", {USERS, ORDERS, f"{USERS}.*"}),
        ("SELECT count(*) FROM users", {USERS}),
        ("SELECT row_to_json(u) FROM users u", {USERS, f"{USERS}.*"}),
        ("SELECT (u).email FROM users AS u", {USERS, f"{USERS}.*"}),
        ("TABLE users", {USERS, f"{USERS}.*"}),
        (
            "SELECT total FROM users u JOIN orders o ON o.user_id = u.id",
            {USERS, ORDERS, f"{ORDERS}.total", f"{ORDERS}.user_id", f"{USERS}.id"},
        ),
        ("SELECT 1 FROM users JOIN orders USING (id)", {USERS, ORDERS, f"{USERS}.id ?", f"{ORDERS}.id ?"}),
        (
            "SELECT email FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE user_id = users.id AND name = 'x')",
            {USERS, ORDERS, f"{USERS}.email", f"{ORDERS}.user_id", f"{USERS}.id", f"{USERS}.name"},
        ),
        ("WITH x AS (SELECT email FROM users) SELECT email FROM x", {USERS, f"{USERS}.email"}),
        ("WITH users AS (SELECT note FROM audit.log) SELECT * FROM users", {"audit.log", "audit.log.note"}),
        ("SELECT s.email FROM (SELECT email FROM users) s", {USERS, f"{USERS}.email"}),
        (
            "SELECT email FROM users UNION SELECT note FROM audit.log",
            {USERS, f"{USERS}.email", "audit.log", "audit.log.note"},
        ),
        ("INSERT INTO users VALUES (1, 'a')", {f"{USERS} w", f"{USERS}.* w"}),
        ("INSERT INTO users DEFAULT VALUES", {f"{USERS} w"}),
        (
            "INSERT INTO users(id,email) VALUES($1,$2) ON CONFLICT (id) DO UPDATE SET email=excluded.email RETURNING *",
            {f"{USERS} w", f"{USERS}.id w", f"{USERS}.email w", f"{USERS}.email", f"{USERS}.id", f"{USERS}.*"},
        ),
        ("UPDATE users SET email = %s WHERE id = %(id)s", {f"{USERS} w", f"{USERS}.email w", f"{USERS}.id"}),
        (
            "UPDATE users u SET name = o.total FROM orders o WHERE o.user_id = u.id RETURNING u.email",
            {f"{USERS} w", ORDERS, f"{USERS}.name w", f"{ORDERS}.total", f"{ORDERS}.user_id", f"{USERS}.id"}
            | {f"{USERS}.email"},
        ),
        ("DELETE FROM users WHERE email = :mail", {f"{USERS} w", f"{USERS}.email"}),
        ("TRUNCATE users", {f"{USERS} w"}),
        ("COPY users TO STDOUT", {f"{USERS} w", f"{USERS}.* w"}),
        ("COPY users (id, email) FROM STDIN", {f"{USERS} w", f"{USERS}.id w", f"{USERS}.email w"}),
        ("DECLARE c NO SCROLL CURSOR FOR SELECT email FROM users", {USERS, f"{USERS}.email"}),
        ("EXPLAIN (ANALYZE, BUFFERS) SELECT email FROM users", {USERS, f"{USERS}.email"}),
        ("PREPARE p (int) AS SELECT email FROM users WHERE id = $1", {USERS, f"{USERS}.email", f"{USERS}.id"}),
        ("BEGIN; SELECT email FROM users; COMMIT", {USERS, f"{USERS}.email"}),
        ("SELECT generate_series FROM generate_series(1, 2)", NOTHING),
        ("SELECT x FROM unseen", {"unseen", "unseen.x"}),
        ("SELECT x FROM unseen a, unheard b", {"unseen", "unheard", "unseen.x ?", "unheard.x ?"}),
        ("SELECT email FROM users, unseen", {USERS, "unseen", f"{USERS}.email"}),
        ("SELECT x FROM app.users", {"app.users", "app.users.x"}),
        ("", NOTHING),
    ],
)
def test_names_find_their_tables(sql: str, expected: set[str]) -> None:
    assert used(sql) == expected


@pytest.mark.parametrize("sql", ["SELECT (", "CALL report('x')", "DO $$ BEGIN END $$", "LOCK TABLE users", "😀"])
def test_what_is_not_understood_says_so(sql: str) -> None:
    assert not references_in_sql(sql, KNOWN).is_understood


def test_places() -> None:
    found = references_in_sql("SELECT 1,\n   email\nFROM users", KNOWN, "a.py", line=10, column=5)
    assert {(short(r), r.place.line, r.place.column) for r in found.references} == {
        (f"{USERS}.email", 11, 4),
        (USERS, 12, 6),
    }
    (first, *_) = references_in_sql("SELECT email FROM users", KNOWN, line=10, column=5).references
    assert (first.place.line, first.place.column) in {(10, 12), (10, 23)}


def test_a_name_in_several_schemas_stays_open() -> None:
    known = Known({TableName(schema, "users"): frozenset({"email"}) for schema in ("a", "b")})
    assert used("SELECT email FROM users", known) == {"users", "users.email"}


CORPUS = sorted(Path(__file__).parents[2].rglob("*.sql"))


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.name)
def test_any_sql_is_read_or_said_not_to_be(file: Path) -> None:
    """DDL, psql's commands, templates, broken files: an answer, never an exception."""
    assert isinstance(references_in_sql(file.read_text(errors="replace"), KNOWN).is_understood, bool)


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["SELECT", "*", "u", "(", ")", ",", "FROM", "$1", "'"])).map(" ".join)
)
def test_any_text_is_read_or_said_not_to_be(text: str) -> None:
    assert isinstance(references_in_sql(text, KNOWN).is_understood, bool)
