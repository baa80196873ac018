"""Quoted names against live servers: every keyword and odd name is read back as it was."""

from migrator.names import TableName, quote
from migrator.pg.connection import Connection

ODD = ("Users", "a b", 'say "hi"', "ÜBER", "Über", "9x", "x-y", "naïve", "tab\there", "a'b", "a.b", "$x", "x$y")


def test_every_keyword_of_the_server_can_be_a_quoted_name(connection: Connection) -> None:
    words = [row["word"] for row in connection.execute("SELECT word FROM pg_get_keywords()")]
    for name in (*words, *ODD):
        with connection.transaction(force_rollback=True):
            connection.execute(f"CREATE TABLE {TableName('public', name)} ({quote(name)} int)".encode())
            connection.execute(f"SELECT {quote(name)} FROM {quote(name)} WHERE {quote(name)} > 0".encode())
            row = connection.execute(
                "SELECT relname, attname FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid "
                "WHERE attnum = 1 AND relnamespace = 'public'::regnamespace"
            ).fetchone()
        assert row == {"relname": name, "attname": name}


def test_bare_names_are_folded_as_the_server_does(connection: Connection) -> None:
    for text in ("users", "USERS", "ÜBER", "Straße", "x$Y"):
        row = connection.execute(f"SELECT 1 AS {text}".encode()).fetchone()
        assert row is not None
        assert list(row) == [TableName.parse(text).name]
