"""Databases on which a recipe's migration is killed again and again, and the picture in which all must end."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrator.pg.connection import Connection, connect
from migrator.sandbox.cluster import Cluster
from migrator.state.store import Store
from tests.faults.killing import KILLED, Victims
from tests.fix_app import Shop
from tests.fix_server import Database
from tests.phases.looking import schema_dump
from tests.recipes.residue import residue
from tests.recipes.trial import ROWS, prepare
from tests.recipes.workload import Workload

_MADE = {"add_column_volatile": "token", "add_column_identity": "No", "add_column_serial": "number"}
"""Case -> its column whose values differ from run to run."""
FORWARD = ("expand", "migrate", "contract")
_TABLES = b"""
SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema', 'migrator') ORDER BY 1
"""


@dataclass(frozen=True)
class Crash:
    """Where a run is killed: at this share of all points it passes, so many seconds later."""

    share: float
    delay_seconds: float


@dataclass(frozen=True)
class Picture:
    """All that must not depend on whether the tool was killed in between."""

    schema: str
    rows: tuple[str, ...]
    states: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, int, str], ...]
    residue: tuple[str, ...]


@dataclass
class Patient:
    """A case whose migration is rendered, as a template database; each crash test runs on a copy."""

    server: Cluster
    template: str
    shop: Shop
    migration: str
    workload: Workload
    has_contract: bool
    before: str
    """The schema's dump before expand."""
    made: str = ""
    """The column whose values the server makes up, if there is one."""

    @contextmanager
    def copy(self) -> Generator[Shop]:
        name = f"crash_{secrets.token_hex(5)}"
        self.server.create_database(name, self.template)
        try:
            yield Shop(self.server.primary.dsn_of(name), self.shop.migrations)
        finally:
            self.server.drop_database(name)

    def commands(self) -> tuple[str, ...]:
        return FORWARD if self.has_contract else FORWARD[:2]

    def run(self, victims: Victims, shop: Shop, commands: tuple[str, ...], crash: Crash | None, points: int) -> bool:
        """Run the commands in a process that dies at the crash's point; return whether it was killed."""
        asked: dict[str, object] = {"before_contract": self.workload.before_contract}
        if crash:
            asked |= {"number": 1 + int(crash.share * points), "delay_seconds": crash.delay_seconds}
        code = victims.run(shop, *commands, migration=self.migration, every_statement=True, **asked)
        assert code in {0, KILLED}, "the killed command could not go on: its error is on stderr"
        return code == KILLED

    def finish(self, shop: Shop) -> None:
        """Go on to the end: resume, then every phase; each does nothing where there is nothing to do."""
        engine, migration = shop.engine(), shop.migration(self.migration)
        engine.resume(migration)
        for command in self.commands():
            if command == "contract":
                self._prepare_contract(shop)
            getattr(engine, command)(migration)
        assert shop.state(self.migration) == "complete"

    def _prepare_contract(self, shop: Shop) -> None:
        """Do what its gates ask of an operator."""
        with connect(shop.dsn) as connection:
            for text in self.workload.before_contract:
                connection.execute(text.encode())

    def abort(self, shop: Shop) -> None:
        """Resume when an abort was interrupted, then abort."""
        engine, migration = shop.engine(), shop.migration(self.migration)
        if shop.state(self.migration) == "aborting":
            engine.resume(migration)
        assert engine.abort(migration).after.value == "aborted"

    def picture(self, shop: Shop) -> Picture:
        with connect(shop.dsn) as connection:
            store = Store(connection, "test")
            history = [row.detail for row in store.history(self.migration) if row.action == "state.changed"]
            steps = sorted((step.phase, step.number, step.state) for step in store.all_steps(self.migration))
            return Picture(
                schema_dump(self.server, shop.dsn),
                self.rows(connection),
                tuple((str(detail["from"]), str(detail["to"])) for detail in history),
                tuple(steps),
                tuple(residue(shop.dsn)),
            )

    def rows(self, connection: Connection) -> tuple[str, ...]:
        """Return every row of every table as JSON; of a value that differs from run to run only how many there are.

        A default's random values do, and so do numbers of a sequence: what a killed batch took is not given back.
        """
        found: list[str] = []
        for table in [row["name"] for row in connection.execute(_TABLES)]:
            query = f"SELECT (to_jsonb(t) - %s::text)::text AS row, to_jsonb(t) ->> %s::text AS made FROM {table} t"
            rows = connection.execute(query.encode(), [self.made, self.made]).fetchall()
            found += sorted(f"{table}: {row['row']}" for row in rows)
            found.append(f"{table}: {len({row['made'] for row in rows} - {None})} values made")
        return tuple(found)


def admit(server: Cluster, folder: Path, name: str, workload: Workload, rows: int = ROWS) -> Patient:
    """Build the case's database, render its migration and return it, not begun."""
    template = f"patient_{secrets.token_hex(5)}"
    server.create_database(template)
    database = Database(template, server)
    trial = prepare(database, folder / name, name, workload, rows)
    return Patient(
        server,
        template,
        trial.shop,
        trial.migration.id,
        workload,
        trial.migration.has_contract,
        trial.before,
        _MADE.get(name, ""),
    )
