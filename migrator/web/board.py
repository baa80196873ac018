"""All that the status page and the metrics show, read together at one moment."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from migrator.audit.chain import Tip
from migrator.audit.rows import tip
from migrator.clock import Clock
from migrator.config import Settings
from migrator.deploys.alive import Instance, alive_versions
from migrator.errors import MigratorError
from migrator.pg.driver import Connection, Row
from migrator.pg.lag import LagMeter, LagReading
from migrator.pg.queries import query
from migrator.phases.entrance import next_phase
from migrator.phases.overview import Overview, overview
from migrator.state.commitments import Commitment, commitments
from migrator.state.records import MigrationRecord
from migrator.state.store import Store
from migrator.web.answers import Answer, Answers
from migrator.web.database import Database
from migrator.web.fresh import Aged, Fresh

_EVENTS = 50


@dataclass(frozen=True, slots=True)
class Board:
    """One look; with a `problem` nothing else says anything."""

    problem: str = ""
    database: str = ""
    server: str = ""
    now: datetime | None = None
    """The database's clock."""
    migrations: tuple[Overview, ...] = ()
    records: Mapping[str, MigrationRecord] = field(default_factory=dict[str, MigrationRecord])
    answers: tuple[Answer, ...] = ()
    """For each open migration, the gates of the phase that comes next."""
    instances: tuple[Instance, ...] = ()
    strangers: tuple[str, ...] = ()
    """`application_name`s of sessions that belong to no registered service."""
    promises: tuple[Commitment, ...] = ()
    """Open commitments."""
    events: tuple[Row, ...] = ()
    """The latest rows of the audit, newest first."""
    tip: Tip | None = None
    """The last link of the audit's chain, to compare with one that was kept elsewhere."""
    lag: LagReading = field(default_factory=LagReading)

    @property
    def alive(self) -> tuple[tuple[str, str, int], ...]:
        """Service, version and how many live instances of it there are."""
        counted = Counter((instance.service, instance.version or "unknown") for instance in self.instances)
        return tuple((service, version, number) for (service, version), number in sorted(counted.items()))


class Boards:
    """Reads boards, each at most once in some seconds."""

    def __init__(
        self, database: Database, settings: Settings, answers: Answers, fresh: Fresh[Board], clock: Clock
    ) -> None:
        self._database = database
        self._settings = settings
        self._answers = answers
        self._fresh = fresh
        self._lag = LagMeter(clock)

    def board(self) -> Aged[Board]:
        """Return the board; one with a `problem` when the database cannot be read."""
        found = self._fresh.get("board", self._read)
        return found or Aged(Board(problem="The state is still being read; ask again in a moment."), 0.0)

    def _read(self) -> Board:
        try:
            with self._database.session() as connection:
                board = self._look(connection)
        except MigratorError as exc:
            return Board(problem=str(exc))
        return self._with_answers(board)

    def _look(self, connection: Connection) -> Board:
        store = Store(connection, "status page")
        about = connection.execute(query("web.about", "migrator.web")).fetchone() or Row()
        alive = alive_versions(connection, self._settings.services, about["now"])
        events = connection.execute(query("web.latest_events", "migrator.web"), {"most": _EVENTS})
        return Board(
            database=about["name"],
            server=about["version"].partition(" ")[0],
            now=about["now"],
            migrations=overview(self._settings.migrations, connection),
            records={record.id: record for record in store.migrations()},
            instances=alive.instances,
            strangers=alive.unidentified,
            promises=tuple(promise for promise in commitments(store) if promise.closed_at is None),
            events=tuple(events),
            tip=tip(connection),
            lag=self._lag.measure(connection),
        )

    def _with_answers(self, board: Board) -> Board:
        asked = [(item.migration, next_phase(item.state)) for item in board.migrations]
        answers = tuple(self._answers.answer(name, phase).value for name, phase in asked if phase)
        return replace(board, answers=answers)
