"""The answer to "may this phase begin?", for machines: open, closed or unknown, with reasons in words."""

from dataclasses import dataclass
from pathlib import Path

from migrator.config import Settings
from migrator.errors import MigratorError
from migrator.gates.gate import GateResult, GateStatus
from migrator.phases.entrance import ask_phase
from migrator.phases.folder import PHASES, load_migration, migration_id, migration_paths
from migrator.web.database import Database
from migrator.web.fresh import Aged, Fresh


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found for one phase of one migration; no result at all is unknown."""

    migration: str
    phase: str
    results: tuple[GateResult, ...]

    @property
    def status(self) -> GateStatus:
        """Closed when one gate is closed, else unknown when one is unknown, else open."""
        found = {result.status for result in self.results}
        if GateStatus.CLOSED in found:
            return GateStatus.CLOSED
        return GateStatus.OPEN if found == {GateStatus.OPEN} else GateStatus.UNKNOWN

    @property
    def is_open(self) -> bool:
        """Whether the phase may begin."""
        return self.status is GateStatus.OPEN

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not open; empty when it is."""
        shut = [result for result in self.results if result.status is not GateStatus.OPEN]
        return tuple(f"{result.gate} {result.status.value}: {result.reason}" for result in shut)


class Answers:
    """Evaluates the gates of phases, each at most once in some seconds."""

    def __init__(self, database: Database, settings: Settings, fresh: Fresh[Answer]) -> None:
        self._database = database
        self._settings = settings
        self._fresh = fresh

    def answer(self, migration: str, phase: str) -> Aged[Answer]:
        """Return the answer for a migration's whole id; whatever goes wrong is unknown, with the reason."""
        if phase not in PHASES:
            return _unknown(migration, phase, f"there is no phase {phase}; ask for {', '.join(PHASES)}")
        paths = {migration_id(path): path for path in migration_paths(self._settings.migrations)}
        path = paths.get(migration)
        if path is None:
            return _unknown(migration, phase, f"there is no migration {migration} in the folder of this server")
        found = self._fresh.get((migration, phase), lambda: self._evaluate(path, phase))
        return found or _unknown(migration, phase, "the evidence is still being read; ask again in a moment")

    def _evaluate(self, path: Path, phase: str) -> Answer:
        try:
            migration = load_migration(path)
            with self._database.session() as connection:
                results = ask_phase(connection, self._settings, migration, phase)
        except MigratorError as exc:
            return Answer(migration_id(path), phase, (_failed(exc.situation),))
        return Answer(migration.id, phase, results)


def _unknown(migration: str, phase: str, reason: str) -> Aged[Answer]:
    return Aged(Answer(migration, phase, (_failed(reason),)), 0.0)


def _failed(reason: str) -> GateResult:
    return GateResult("evidence", GateStatus.UNKNOWN, reason)
