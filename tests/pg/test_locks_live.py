"""The table of lock conflicts against live servers: two sessions, every pair of levels."""

from itertools import product

from migrator.locks import LockLevel
from migrator.pg.connection import connect
from migrator.pg.driver import errors
from tests.fix_server import Database

LEVELS = [level for level in LockLevel if level is not LockLevel.NONE]


def test_conflicts_are_those_of_the_server(database: Database) -> None:
    wrong: list[str] = []
    with connect(database.dsn) as one, connect(database.dsn) as other:
        one.execute("CREATE TABLE t ()")
        for held, asked in product(LEVELS, LEVELS):
            with one.transaction():
                one.execute(f"LOCK TABLE t IN {held} MODE".encode())
                row = one.execute("SELECT mode FROM pg_locks WHERE relation = 't'::regclass").fetchone()
                assert row is not None
                assert row["mode"] == held.pg_mode
                try:
                    with other.transaction():
                        other.execute(f"LOCK TABLE t IN {asked} MODE NOWAIT".encode())
                    is_refused = False
                except errors.LockNotAvailable:
                    is_refused = True
            if is_refused != held.conflicts_with(asked):
                wrong.append(f"{held} and {asked}: the server {'refuses' if is_refused else 'grants'}")
    assert wrong == []
