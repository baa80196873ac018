"""The demo's shop: its tables, its rows, and the ledger that says what every row must hold at the end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from migrator.pg.driver import Connection, sql
from migrator.sandbox.clients import Client


def load_shop(connection: Connection, rows: int) -> None:
    """Create the tables and fill `users` with ids 1…rows and `orders` with a row for every fourth user."""
    connection.execute(files("migrator.sandbox").joinpath("shop.sql").read_bytes())
    connection.execute(
        "INSERT INTO users (id, email, name) "
        "SELECT n, 'user' || n || '@example.com', 'user ' || n FROM generate_series(1, %s::bigint) AS n",
        (rows,),
    )
    connection.execute("CREATE INDEX users_email_idx ON users (email)")
    connection.execute(
        "INSERT INTO orders (user_id, amount) SELECT n, n %% 100 FROM generate_series(1, %s::bigint, 4) AS n", (rows,)
    )
    connection.execute("CREATE INDEX orders_user_id_idx ON orders (user_id)")
    connection.execute("VACUUM (ANALYZE) users, orders")


def expected_addresses(rows: int, clients: Iterable[Client]) -> dict[int, str]:
    """Return id -> address as the clients wrote it last, or as it was loaded; each row has one writer at a time."""
    expected = {number: f"user{number}@example.com" for number in range(1, rows + 1)}
    for client in clients:
        expected.update(client.written)
    return expected


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows compared with the ledger, and those of them that are not there or hold something else."""

    rows: int
    lost: int
    different: int


def compare(connection: Connection, column: str, expected: Mapping[int, str]) -> Comparison:
    """Read the whole table on one server and compare it row by row with the ledger."""
    query = sql.SQL("SELECT id, {} AS address FROM users").format(sql.Identifier(column))
    found = {row["id"]: row["address"] for row in connection.execute(query)}
    lost = sum(1 for key in expected if key not in found)
    different = sum(1 for key, address in expected.items() if key in found and found[key] != address)
    return Comparison(len(found), lost, different + sum(1 for key in found if key not in expected))
