"""The backfills of a migration, run and then proven; `migrate` goes on only after the proof."""

from migrator.backfill import history
from migrator.backfill.preview import Preview, preview
from migrator.backfill.request import BackfillRequest
from migrator.backfill.runner import BackfillRunner
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.verify import Verification, verify
from migrator.clock import Clock
from migrator.config import Settings
from migrator.errors import InputError, Refused
from migrator.events import Events
from migrator.pg.connection import connect
from migrator.phases.folder import Migration

_MOST_PARTS = 5
_CAME_LATER = (
    "a partition that was attached or renamed after the backfill began was not walked, and its repair is all it needs; "
    "otherwise "
)
_NOT_COMPARABLE = (
    " Where the expression gives another value each time (now(), random()), or `where` leaves rows out on purpose, "
    "write compare = false into the manifest instead: then only `where` is asked."
)


def requests(
    dsn: str, settings: Settings, clock: Clock, events: Events, migration: Migration, name: str | None = None
) -> tuple[BackfillRequest, ...]:
    """Return what to run or verify: all backfills of the manifest, or the one named.

    Raises:
        InputError: there is no backfill of that name.
    """
    application = f"migrator/{migration.id}/backfill"
    return tuple(
        BackfillRequest(
            connect=lambda: connect(dsn, application_name=application),
            migration=migration.id,
            spec=spec,
            clock=clock,
            events=events,
            settings=settings.backfill,
            replicas=_expected_replicas(settings),
        )
        for spec in _chosen(migration, name)
    )


def previews(asked: tuple[BackfillRequest, ...]) -> tuple[Preview, ...]:
    """Return what runs of the backfills would do; nothing is written."""
    return tuple(preview(request) for request in asked)


def run(asked: tuple[BackfillRequest, ...], workers: int | None = None) -> None:
    """Run and prove the backfills, one after the other, with so many workers (None: as configured).

    Raises:
        Refused: rows are left or differ after the run; the counts are in the message.
        Stopped, LockBudgetSpent, LeaseLost, DatabaseFailed, ChecksumChanged: as the runner.
    """
    for request in asked:
        _run_one(request, workers)
        _require_clean(request, verify(request))


def help_with(asked: tuple[BackfillRequest, ...], workers: int | None = None) -> None:
    """Work on the backfills beside the process that runs and proves them."""
    for request in asked:
        _run_one(request, workers)


def _run_one(request: BackfillRequest, workers: int | None) -> None:
    with history.kept(request) as kept:
        BackfillRunner(kept, workers).run()


def _chosen(migration: Migration, name: str | None) -> tuple[BackfillSpec, ...]:
    specs = migration.manifest.backfill
    found = tuple(spec for spec in specs if name in (None, spec.name))
    if name is not None and not found:
        known = ", ".join(spec.name for spec in specs) or "none"
        raise InputError(f"{migration.id} has no backfill {name!r} (there: {known}).", "Name one of them.")
    return found


def _expected_replicas(settings: Settings) -> frozenset[str]:
    """Return the replicas that the environment at work names (`Settings.only`)."""
    return frozenset(name for section in settings.env.values() for name in section.replicas)


def _require_clean(request: BackfillRequest, found: Verification) -> None:
    if found.quarantined:
        raise Refused(
            f"Backfill {request.name} of {request.migration} has set aside {found.quarantined} rows that the server "
            "refuses.",
            f"`migrator backfill quarantine {request.migration}` lists them with the server's reason. Correct them or "
            f"what refuses them, then `migrator backfill retry-quarantined {request.migration}` and `migrator resume`.",
        )
    if not found.is_clean:
        where = f", in {_few(found.parts)}" if found.parts else ""
        came = _CAME_LATER if found.parts else ""
        raise Refused(
            f"After backfill {request.name} of {request.migration}, {found.remaining} rows are left and "
            f"{found.different} differ{where}.",
            f"Look at such rows (`migrator backfill verify {request.migration}` names their keys): {came}something "
            "writes them without the trigger, the expression and the trigger disagree, or a trigger or a rule cancels "
            f"the update. Repair them (`migrator backfill verify {request.migration} --repair`), then run `migrator "
            f"resume`.{_NOT_COMPARABLE if found.different > found.remaining else ''}",
        )


def _few(parts: tuple[str, ...]) -> str:
    more = f" and {len(parts) - _MOST_PARTS} more partitions" if len(parts) > _MOST_PARTS else ""
    return ", ".join(parts[:_MOST_PARTS]) + more
