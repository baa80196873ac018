"""Small migrations, and ways to interrupt them, that the tests of phases share."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from migrator.errors import MigratorError
from migrator.events import Event, EventKind
from migrator.pg.connection import Connection, connect
from tests.fix_app import Shop

CONTRACT = "[contract]\ncontract_by = 2099-01-01\nevidence = []\n"
NICK = "ALTER TABLE public.users ADD COLUMN nick text;"
INDEX = "CREATE INDEX CONCURRENTLY users_name_idx ON public.users (name);"


def with_every_phase(shop: Shop) -> Shop:
    """Write the migration `m`: a column and an index come, and name goes."""
    default = "ALTER TABLE public.orders ALTER COLUMN amount SET DEFAULT 0;"
    shop.write(
        "m",
        manifest=CONTRACT,
        expand=NICK,
        migrate=INDEX,
        contract=f"{default} ALTER TABLE public.users DROP COLUMN name;",
        abort="DROP INDEX CONCURRENTLY public.users_name_idx; ALTER TABLE public.users DROP COLUMN nick;",
    )
    return shop


def stopped_in(shop: Shop, phase: str, kind: EventKind = EventKind.STEP_INTENT, name: str = "m") -> None:
    """Run a phase until its first event of the kind, as if the process had ended there."""

    class Ended(Exception):
        pass

    def end(event: Event) -> None:
        if event.kind is kind:
            raise Ended

    with pytest.raises(Ended):
        getattr(shop.engine(end), phase)(shop.migration(name))


@contextmanager
def in_background(act: Callable[[], object]) -> Generator[None]:
    """Run `act` beside the block; what it raises is raised at the block's end."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as exc:  # noqa: BLE001 handed to the test below
            raised.append(exc)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if raised:
        raise raised[0]


@contextmanager
def ended(act: Callable[[], object], error: type[MigratorError]) -> Generator[None]:
    """Run `act` beside the block, which makes it fail with this error."""
    with pytest.raises(error), in_background(act):
        yield


@contextmanager
def idle_in_transaction(shop: Shop, query: str = "SELECT count(*) FROM users") -> Generator[Connection]:
    """A session of an application that read the table and forgot to commit."""
    with connect(shop.dsn, application_name="shop/report") as session:
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        session.execute(query.encode())
        yield session
        if not session.closed:
            session.execute("ROLLBACK")


@contextmanager
def owned(shop: Shop, *options: str) -> Generator[Shop]:
    """The shop as an ordinary role with these options sees it, which owns the tables."""
    with connect(shop.dsn) as connection:
        row = connection.execute("SELECT 'owner_of_' || current_database() AS role").fetchone()
        role = row["role"] if row else ""
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x' {' '.join(options)}".encode())
        try:
            for text in (
                f"ALTER TABLE users OWNER TO {role}",
                f"GRANT USAGE, CREATE ON SCHEMA migrator TO {role}",
                f"GRANT ALL ON ALL TABLES IN SCHEMA migrator TO {role}",
                f"GRANT ALL ON ALL SEQUENCES IN SCHEMA migrator TO {role}",
                f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrator TO {role}",
                f"GRANT CREATE ON SCHEMA public TO {role}",
            ):
                connection.execute(text.encode())
            yield Shop(f"postgresql://{role}:x@{shop.dsn.partition('@')[2]}", shop.migrations)
        finally:
            connection.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER".encode())
            connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


def held(shop: Shop) -> dict[str, str]:
    """Return table -> the holders in the order of their chain."""
    with connect(shop.dsn) as connection:
        rows = connection.execute("SELECT migration, table_name, after FROM migrator.claim").fetchall()
    following = {(row["table_name"], row["after"]): row["migration"] for row in rows}
    chains: dict[str, str] = {}
    for table in {row["table_name"] for row in rows}:
        chain, last = list[str](), ""
        while (table, last) in following:
            last = following[table, last]
            chain.append(last)
        chains[table] = " ".join(chain)
        assert len(chain) == sum(row["table_name"] == table for row in rows), "the chain has all claims of the table"
    return chains


def depends(*names: str) -> str:
    """Return the manifest of a migration that builds on others."""
    return f"[migration]\ndepends_on = {list(names)}\n"
