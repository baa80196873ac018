"""Which statements use a column: surely, maybe, or not; by their texts alone."""

import pytest

from migrator.names import TableName
from migrator.references.known import Known
from migrator.references.statement_use import Catalog, Certainty, UsedName, use_of

_USERS, _CONTACTS = TableName("public", "users"), TableName("public", "contacts")
_CATALOG = Catalog(
    Known(
        {
            _USERS: frozenset({"id", "email", "mail"}),
            _CONTACTS: frozenset({"id", "address"}),
            TableName("public", "customers"): frozenset({"id", "email"}),
        }
    ),
    frozenset({"pg_class"}),
)
_NAMES = (UsedName(_USERS, "email"), UsedName(_CONTACTS))
SURE, MAYBE, NO = Certainty.SURE, Certainty.MAYBE, Certainty.NO


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("SELECT email FROM users WHERE id = $1", SURE),
        ("SELECT u.* FROM users u, customers c WHERE u.id = c.id", SURE),
        ("UPDATE users SET mail = $1 WHERE id = $2 RETURNING *", SURE),
        ("INSERT INTO users VALUES ($1,$2,$3)", SURE),
        ("INSERT INTO users (id, email) VALUES ($1,$2)", SURE),
        ("WITH x AS (SELECT email AS e FROM users) SELECT e FROM x", SURE),
        ("SELECT array_agg(u) FROM users u", SURE),
        ("DECLARE c CURSOR FOR SELECT email FROM users", SURE),
        ("COPY users TO STDOUT", SURE),
        ("SELECT address FROM contacts", SURE),
        ("SELECT count(*) FROM contacts", SURE),
        ("SELECT count(*) FROM users", NO),
        ("SELECT id, mail, ctid FROM users FOR UPDATE", NO),
        ("SELECT email FROM customers", NO),
        ("SELECT c.email FROM customers c JOIN users u ON u.id = c.id", NO),
        ("INSERT INTO users (id, mail) VALUES ($1,$2) ON CONFLICT (id) DO UPDATE SET mail = excluded.mail", NO),
        ("SELECT n FROM (SELECT count(id) AS n FROM users) q", NO),
        ("SELECT relname FROM pg_class", NO),
        ("BEGIN", NO),
        ("SELECT electronic FROM users", MAYBE),
        ("SELECT u.electronic FROM users u JOIN customers c ON c.id = u.id", MAYBE),
        ("SELECT email FROM people", MAYBE),
        ("SELECT * FROM people", MAYBE),
        ("SELECT id FROM people", NO),
        ("SELECT 1 FROM users NATURAL JOIN customers", MAYBE),
        ("DO $$ BEGIN PERFORM email FROM users; END $$", MAYBE),
        ("this is ( no SQL about users", MAYBE),
        ("this is ( no SQL", NO),
    ],
)
def test_statements(text: str, certainty: Certainty) -> None:
    found = use_of(text, _NAMES, _CATALOG)
    assert found.certainty is certainty, found
    assert bool(found.why) is (certainty is not NO)
