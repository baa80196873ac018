"""A recipe's case in a real database under clients of old and new code, from phase to phase by the engine.

`walk_through` goes expand, migrate, contract as a rolling deploy does: old code runs until the contract's gate, new
code from the end of expand. `walk_back` aborts after migrate, after expand and half-way. At the end of each phase the
clients hold still and every row, as each version sees it, is compared with what was written.
"""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from migrator.errors import Stopped
from migrator.events import Event, EventKind
from migrator.pg.connection import Connection, connect, server_version
from migrator.phases.engine import Engine
from migrator.phases.folder import Migration
from migrator.phases.steps import steps_of
from migrator.recipes import load
from migrator.recipes.folder import write_folder
from migrator.schema.catalog import read_schema
from migrator.state.install import install
from migrator.statements.parse import parse_sql
from tests.fix_app import Shop
from tests.fix_server import Database
from tests.phases.looking import schema_dump
from tests.recipes.recipe_cases import CASES
from tests.recipes.residue import residue
from tests.recipes.trial_client import Fleet, Row, Share, differences
from tests.recipes.workload import Code, Workload

ROWS = 160
"""Keys 1 to 160 exist before; each of the four clients owns 30, the rest is written by nobody but the backfill."""
_OWNED = 30
_CLIENTS = 2
"""Of each version."""
_TERMS = {"owner": "team-identity", "contract_by": "2099-01-01", "soak": "0ms", "approvals": 0}
_PROGRESS = {EventKind.STEP_DONE, EventKind.BACKFILL_BATCH}


@dataclass(frozen=True)
class Score:
    """What the clients of a trial saw."""

    queries: int = 0
    failed: int = 0
    diverged: int = 0
    longest_ms: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.queries + other.queries,
            self.failed + other.failed,
            self.diverged + other.diverged,
            max(self.longest_ms, other.longest_ms),
        )


@dataclass
class Trial:
    """One case in one database, with what was seen so far."""

    name: str
    """Of the recipe's case."""
    database: Database
    workload: Workload
    shop: Shop
    migration: Migration
    before: str
    """The schema's dump before expand."""
    shares: list[Share] = field(default_factory=list[Share])
    problems: list[str] = field(default_factory=list[str])
    score: Score = field(default_factory=Score)

    def walk_through(self) -> None:
        """Go through all phases with both versions, and look that nothing of ours is left."""
        engine = self.shop.engine()
        self.adopt()
        with self.clients(self.workload.old, new=False) as old:
            self._observe(old, "before")
            engine.expand(self.migration)
            with self._new_clients() as new:
                self._observe_both(old, new, "expand")
                if self.workload.old_until == "migrate":
                    old.stop()
                engine.migrate(self.migration)
                self._observe_both(old, new, "migrate")
                new.deploy(self.workload.new)
                self._observe_both(old, new, "migrate")
                old.stop()
                self._run(self.workload.before_contract)
                if self.migration.has_contract:
                    engine.contract(self.migration)
                self._observe(new, "contract")
        self.expect(self.shop.state(self.migration.id), "complete", "state at the end")
        self.problems += [f"left behind: {part}" for part in residue(self.database.dsn)]

    def walk_back(self) -> None:
        """Abort from the end of expand, from the middle and from as far as it goes; old code runs all the time."""
        is_old_everywhere = self.workload.old_until == "contract"
        total = self._steps("expand") + self._steps("migrate") + 2 * len(self.migration.manifest.backfill)
        stops = {total // 2} if self.migration.has_contract else {total // 2, total - 1}
        self.adopt()
        with self.clients(self.workload.old, new=False) as old:
            if self._steps("expand"):
                self._there_and_back(old, "expanded")
            for stop in sorted(stops - {0}) if is_old_everywhere else ():
                self._there_and_back(old, f"event {stop}", stop)
            if self.migration.has_contract and is_old_everywhere:
                self._there_and_back(old, "migrated")
        if not is_old_everywhere:
            self._there_and_back_without_old_code()

    def _there_and_back_without_old_code(self) -> None:
        engine = self.shop.engine()
        engine.expand(self.migration)
        engine.migrate(self.migration)
        engine.abort(self.migration)
        self.expect(schema_dump(self.database.server, self.database.dsn), self.before, "schema, abort from migrated")
        with self.clients(self.workload.old, new=False) as old:
            self._observe(old, "abort from migrated")

    def _steps(self, phase: str) -> int:
        return len(steps_of(self.migration.statements(phase), phase, self.database.server.programs.major))

    def _there_and_back(self, old: Fleet, until: str, stop_at: int = 0) -> None:
        """Go forward, with new code at work, `until` there or until so many steps and batches have passed; abort."""
        passed = count(1)

        def hear(event: Event) -> None:
            if event.kind in _PROGRESS and next(passed) == stop_at:
                self.shop.stop.set()

        with suppress(Stopped):
            self._forward(old, self.shop.engine(hear), until)
        self.shop.stop.clear()
        self._run(self.workload.before_abort)
        self.expect(self.shop.engine().abort(self.migration).after.value, "aborted", f"state after abort from {until}")
        self._observe(old, f"abort from {until}")
        if self.workload.is_undone_by_abort:
            found = schema_dump(self.database.server, self.database.dsn)
            self.expect(found, self.before, f"schema, abort from {until}")
        with old.paused():
            self.adopt()

    def _forward(self, old: Fleet, engine: Engine, until: str) -> None:
        engine.expand(self.migration)
        with self._new_clients() as new:
            self._observe_both(old, new, f"expand, to be aborted from {until}")
            if until != "expanded":
                engine.migrate(self.migration)
                new.deploy(self.workload.new)
                self._observe_both(old, new, f"migrate, to be aborted from {until}")

    def _run(self, statements: tuple[str, ...]) -> None:
        with connect(self.database.dsn) as connection:
            for text in statements:
                connection.execute(text.encode())

    @contextmanager
    def clients(self, code: Code, *, new: bool) -> Generator[Fleet]:
        """Run clients of one version for the time of the block and count what they saw."""
        shares = self.shares[_CLIENTS : 2 * _CLIENTS] if new else self.shares[:_CLIENTS]
        fleet = Fleet(self.database.dsn, "2.0" if new else "1.9", self.workload, code, shares)
        try:
            with fleet:
                yield fleet
        finally:
            self._count(fleet)

    @contextmanager
    def _new_clients(self) -> Generator[Fleet]:
        bridge = self.workload.bridge or self.workload.new
        with self.clients(bridge, new=True) as fleet:
            yield fleet

    def _count(self, fleet: Fleet) -> None:
        for client in fleet.clients:
            wrong, slowest = len(client.wrong), round(client.longest_seconds * 1000)
            self.score += Score(client.queries, len(client.failed), wrong, slowest)
            self.problems += [*client.failed, *client.wrong]

    def _observe_both(self, old: Fleet, new: Fleet, phase: str) -> None:
        self._wait(old, new)
        with old.paused(), new.paused():
            if old.is_running:
                self._audit(self.workload.old, f"old code after {phase}")
            self._audit(new.clients[0].code, f"new code after {phase}")

    def _observe(self, fleet: Fleet, phase: str) -> None:
        self._wait(fleet)
        with fleet.paused():
            self._audit(fleet.clients[0].code, f"after {phase}")

    def _wait(self, *fleets: Fleet) -> None:
        for fleet in fleets:
            if fleet.is_running:
                fleet.wait_for_queries()

    def _audit(self, code: Code, when: str) -> None:
        """Compare every row, as the code sees it, with what was written; nobody may write meanwhile."""
        if not code.rows:
            return
        found = self._rows(code)
        for share in self.shares:
            for key, expected in share.rows.items():
                problems = differences(expected, found[key]) if key in found else ["lost"]
                self._diverged(f"{when}: row {key!r}: {problem}" for problem in problems)
            self._diverged(f"{when}: row {key!r} is back after its delete" for key in share.gone if key in found)

    def _diverged(self, problems: Generator[str]) -> None:
        for problem in problems:
            self.problems.append(problem)
            self.score += Score(diverged=1)

    def adopt(self) -> None:
        """Take the rows as old code sees them for what was written; what it does not know nobody remembers."""
        found = self._rows(self.workload.old)
        for share in self.shares:
            for key in share.rows.keys() & found.keys():
                share.rows[key] = self.workload.remembered({**self.workload.given, **found[key]})

    def _rows(self, code: Code) -> dict[object, Row]:
        with connect(self.database.dsn) as connection:
            rows = connection.execute(code.rows.encode()).fetchall()
        return {row["key"]: {name: value for name, value in row.items() if name != "key"} for row in rows}

    def expect(self, found: str, expected: str, what: str) -> None:
        """Note a difference, with the lines that differ."""
        if found != expected:
            lines = set(found.splitlines()) ^ set(expected.splitlines())
            self.problems.append(f"{what}: {sorted(lines)}")


def prepare(database: Database, folder: Path, name: str, workload: Workload, rows: int = ROWS) -> Trial:
    """Build the case's table, fill it, render the migration and return the trial, not begun."""
    case = CASES[name]
    with connect(database.dsn) as connection:
        install(connection)
        for text in (*case.setup, case.base):
            for statement in parse_sql(text).statements:
                connection.execute(statement.text.encode())
        _fill(connection, workload, rows)
        recipe = load({**case.arguments, **_TERMS})
        rendering = recipe.render(read_schema(connection), case.migration, server_version(connection) // 10000)
    write_folder(folder, case.migration, rendering)
    shop = Shop(database.dsn, folder)
    before = schema_dump(database.server, database.dsn)
    return Trial(name, database, workload, shop, shop.migration(case.migration), before, _shares(workload))


def _fill(connection: Connection, workload: Workload, rows: int) -> None:
    for statement in parse_sql(workload.fill.replace("%(rows)s", str(rows))).statements:
        connection.execute(statement.text.encode())


def _shares(workload: Workload) -> list[Share]:
    """Return one share per client, and one for the rows that no client writes."""
    numbers = [range(place * _OWNED, (place + 1) * _OWNED) for place in range(2 * _CLIENTS)]
    numbers.append(range(2 * _CLIENTS * _OWNED, ROWS))
    return [Share(place, {workload.key(number + 1): Row() for number in owned}) for place, owned in enumerate(numbers)]
