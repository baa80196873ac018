"""`migrator demo`: a column is renamed under live traffic, on a real primary and a real replica, in three phases.

Nothing is staged but the replica's pause: the clients are threads with their own connections, the lag is real, the
gate looks at real sessions. Every number in the result was counted.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

from migrator.clock import Clock
from migrator.config import BackfillSettings, LockSettings, Service, Settings
from migrator.errors import DatabaseFailed, Stopped
from migrator.events import Event, EventKind, Events
from migrator.pg.connection import connect
from migrator.phases.approval import approve_contract
from migrator.phases.engine import Engine
from migrator.phases.evidence import ContractShut
from migrator.phases.folder import Migration, load_migration
from migrator.recipes.rename_column import RenameColumn
from migrator.sandbox.clients import Fleet, Sample, fleet
from migrator.sandbox.cluster import Cluster
from migrator.sandbox.demo_result import DemoResult, PhaseFigures
from migrator.sandbox.programs import choose_programs
from migrator.sandbox.shop import compare, expected_addresses, load_shop
from migrator.schema.catalog import read_schema
from migrator.state.install import install
from migrator.state.store import Store

CLIENTS = 4
_MIGRATION = "20260901_users_email_to_mail"
_MAX_LAG = timedelta(milliseconds=500)
"""Less than the default of 2 s: the whole backfill takes some seconds only."""
_BATCH = timedelta(milliseconds=50)
"""Beside the shop as well: a demo is not to take minutes."""
_SLICES = 2 * CLIENTS
"""Old and new clients own different rows, so that each row has one writer and the ledger is exact."""


class Demo:
    """One run of the demo; `tell` gets each line of the story as it happens."""

    def __init__(self, clock: Clock, tell: Callable[[str], None], *, rows: int, pg_version: int | None = None) -> None:
        self._clock = clock
        self._tell = tell
        self._rows = rows
        self._pg_version = pg_version
        self._result = DemoResult()
        self._marks: list[tuple[str, float]] = []
        self._dsn = ""
        self._is_paused = False

    def run(self) -> DemoResult:
        """Play the whole story and return what was measured; the servers are gone afterwards."""
        started = time.monotonic()
        try:
            self._run()
        except Stopped as exc:
            raise Stopped("The demo was stopped; its servers are gone.", "Run it again from the start.") from exc
        self._result.seconds = time.monotonic() - started
        return self._result

    def _run(self) -> None:
        with ExitStack() as stack:
            cluster = stack.enter_context(Cluster(choose_programs(self._pg_version), replicas=1))
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="migrator-demo-")))
            self._tell(f"PostgreSQL {cluster.programs.major}: a primary and a streaming replica are up.")
            self._prepare(cluster)
            migration = self._render(folder)
            self._play(cluster, migration, stack)

    def _prepare(self, cluster: Cluster) -> None:
        cluster.create_database("shop")
        self._dsn = cluster.primary.dsn_of("shop")
        with connect(self._dsn) as connection:
            load_shop(connection, self._rows)
            install(connection)
        self._tell(f"Table users: {self._rows:,} rows, an index and NOT NULL on email, orders point to it.")

    def _render(self, folder: Path) -> Migration:
        recipe = RenameColumn.read(
            {
                "table": "public.users",
                "from": "email",
                "to": "mail",
                "owner": "team-identity",
                "contract_by": date(2026, 9, 1) + timedelta(days=90),
                "soak": "2s",
                "requires": {"shop": ">=2"},
            }
        )
        with connect(self._dsn) as connection:
            rendering = recipe.render(read_schema(connection), _MIGRATION, connection.info.server_version // 10000)
        path = folder / "migrations" / _MIGRATION
        path.mkdir(parents=True)
        for name, text in rendering.files.items():
            (path / name).write_text(text, encoding="utf-8")
        self._tell(f"migrator new rename-column --table users --from email --to mail: {len(rendering.files)} files.")
        return load_migration(path)

    def _play(self, cluster: Cluster, migration: Migration, stack: ExitStack) -> None:
        old = self._fleet("1.9", 0, column="email")
        new = self._fleet("2.0", CLIENTS, column="mail", fallback="email")
        for clients in (old, new):
            stack.callback(clients.stop)
        engine = self._engine(_LagMaker(cluster, self._clock))
        old.start()
        self._phase("before", lambda: self._clock.wait(3, "clients warm up"))
        self._phase("expand", lambda: engine.expand(migration))
        self._tell("expand: column mail is there, a trigger keeps both equal. New code is deployed beside the old.")
        new.start()
        self._phase("migrate", lambda: engine.migrate(migration))
        self._tell(f"migrate: {self._result.backfill_rows:,} rows filled and verified.")
        self._phase("gate", lambda: self._gate(engine, migration, old))
        self._phase("contract", lambda: engine.contract(migration))
        self._tell("contract: the old column is gone.")
        self._phase("after", lambda: self._clock.wait(2, "new code alone"))
        self._mark("end")
        self._verify(cluster, old, new)
        self._naive(new)

    def _fleet(self, version: str, first_slot: int, *, column: str, fallback: str = "") -> Fleet:
        return fleet(
            self._dsn,
            column=column,
            fallback=fallback,
            version=version,
            count=CLIENTS,
            first_slot=first_slot,
            rows_per_client=self._rows // _SLICES,
        )

    def _engine(self, lag_maker: "_LagMaker") -> Engine:
        settings = Settings(
            services={"shop": Service(app_name=r"^shop/(?P<version>[^ +]+)")},
            locks=LockSettings(budget=timedelta(minutes=2)),
            backfill=BackfillSettings(max_lag=_MAX_LAG, target_batch=_BATCH, busy_batch=_BATCH, busy_nice=0),
        )
        events = Events(lag_maker, self._hear)
        return Engine(self._dsn, settings, self._clock, events, "demo")

    def _hear(self, event: Event) -> None:
        match event.kind:
            case EventKind.BACKFILL_PAUSED if not self._is_paused:
                self._is_paused = True
                self._result.pause_reasons.append(str(event.data["reason"]))
                self._tell(f"backfill pauses: {event.data['reason']}")
            case EventKind.BACKFILL_RESUMED:
                seconds = float(str(event.data["seconds"]))
                if self._is_paused:  # rests between batches are not told as pauses
                    self._result.paused_seconds += seconds
                    self._tell(f"backfill goes on after {seconds:.1f} s")
                self._is_paused = False
            case EventKind.BACKFILL_FINISHED:
                self._result.backfill_rows += int(str(event.data["rows"]))
            case EventKind.STEP_DONE:
                self._tell(f"  {event.data['phase']} {event.data['number']}: {str(event.data['name'])[:90]}")
            case _:
                pass

    def _gate(self, engine: Engine, migration: Migration, old: Fleet) -> None:
        """Show the gate closed while old code runs, then give it what it asks for."""
        try:
            engine.contract(migration)
        except ContractShut as exc:
            for result in exc.results:
                self._result.closed_reasons.append(f"{result.gate}: {result.reason}")
                self._tell(f"gate {result.status.value}: {result.gate}: {result.reason}")
        self._tell("The old code is taken out of service, and a person approves.")
        old.stop()
        with connect(self._dsn) as connection:
            approve_contract(Store(connection, "dana"), migration, "old code is gone, dashboards are green")
        self._clock.wait(2.1, "the soak time of the demo")

    def _verify(self, cluster: Cluster, old: Fleet, new: Fleet) -> None:
        new.pause()
        try:
            cluster.wait_caught_up()
            expected = expected_addresses(self._rows, [*old.clients, *new.clients])
            with connect(self._dsn) as connection:
                self._result.primary = compare(connection, "mail", expected)
            with connect(cluster.replicas[0].dsn_of("shop")) as connection:
                self._result.replica = compare(connection, "mail", expected)
        finally:
            new.resume()
        self._figures([*old.samples, *new.samples])
        self._tell(f"{self._result.primary.rows:,} rows compared one by one on the primary and on the replica.")

    def _naive(self, new: Fleet) -> None:
        started = time.monotonic()
        self._clock.wait(1, "clients work as before")
        with connect(self._dsn) as connection:
            connection.execute("ALTER TABLE users RENAME COLUMN mail TO address")
        self._tell("Now the naive way, to the same clients: ALTER TABLE users RENAME COLUMN mail TO address.")
        self._clock.wait(2, "clients meet the renamed column")
        samples = [sample for sample in new.samples if sample.at >= started]
        self._result.naive_queries = len(samples)
        self._result.naive_failed = sum(1 for sample in samples if sample.error)

    def _phase(self, name: str, act: Callable[[], object]) -> None:
        self._mark(name)
        act()

    def _mark(self, name: str) -> None:
        self._marks.append((name, time.monotonic()))

    def _figures(self, samples: list[Sample]) -> None:
        for (name, start), (_, end) in zip(self._marks, self._marks[1:], strict=False):
            chosen = [sample for sample in samples if start <= sample.at < end]
            if not chosen:
                raise DatabaseFailed(f"No client ran a query during {name}.", "Run the demo on a quieter machine.")
            times = sorted(sample.seconds for sample in chosen)
            errors = [sample.error for sample in chosen if sample.error]
            self._result.errors += errors[:3]
            p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
            self._result.phases.append(
                PhaseFigures(name, len(chosen), len(errors), round(p99 * 1000, 1), round(times[-1] * 1000, 1))
            )


class _LagMaker:
    """Stops replay on the replica soon after the backfill began, and lets it go on when the backfill has paused."""

    _HELD_SECONDS = 3.0

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        self._replica = cluster.replicas[0]
        self._clock = clock
        self._threads: list[threading.Thread] = []
        self._is_made = False

    def __call__(self, event: Event) -> None:
        if event.kind is EventKind.BACKFILL_BATCH and not self._is_made:
            self._is_made = True
            self._replica.pause_replay()
        if event.kind is EventKind.BACKFILL_PAUSED and not self._threads:
            thread = threading.Thread(target=self._let_go, name="demo-replay", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _let_go(self) -> None:
        self._clock.wait(self._HELD_SECONDS, "the backfill is seen to pause")
        self._replica.resume_replay()
