"""What an operator can do with backfills from any host that reaches the database; the CLI calls these.

A running backfill looks before each batch: whatever is asked takes effect within one batch, and outlives the run.
Backfills are named by their migration's id, a part of it, or their own name, because the host at hand in a bad night
may not have the migrations folder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrator.backfill.pace import SETTABLE, read_params
from migrator.errors import InputError
from migrator.pg.driver import Connection, Row
from migrator.pg.failures import translated
from migrator.state import backfills, orders


@dataclass(frozen=True, slots=True)
class Targets:
    """The backfills of one migration that an operator means."""

    migration: str
    names: tuple[str, ...]


def find(connection: Connection, target: str, name: str | None = None) -> Targets:
    """Return what `target` names: all backfills of a migration, or the one of that name.

    Raises:
        InputError: none that has begun is called so, or those of several migrations are.
    """
    with translated("Looking for the backfill"):
        rows = orders.targets(connection, target, name)
    exact = [row for row in rows if target in (row["migration"], row["name"])] or list(rows)
    migrations = sorted({row["migration"] for row in exact})
    if not migrations:
        what = f"{target} has no backfill {name}" if name else f"{target} has no backfill"
        raise InputError(f"{what} that has begun.", "See `migrator backfill status` for their names.")
    if len(migrations) > 1:
        raise InputError(f"{target} may be {' or '.join(migrations)}.", "Write more of the migration's id.")
    is_by_name = all(row["name"] == target for row in exact)
    named = [row["name"] for row in exact if not is_by_name or row["name"] == target]
    return Targets(migrations[0], tuple(named))


def pause(connection: Connection, targets: Targets, actor: str, reason: str = "") -> None:
    """Pause backfills; the runs wait."""
    with translated("Pausing the backfill"):
        orders.set_pause(connection, targets.migration, targets.names, _signed(actor, reason))


def resume(connection: Connection, targets: Targets) -> None:
    """Let paused or cancelled backfills go on. It starts no runner: `migrator backfill run` does."""
    with translated("Resuming the backfill"):
        orders.set_pause(connection, targets.migration, targets.names, None)


def cancel(connection: Connection, targets: Targets, actor: str, reason: str = "") -> None:
    """End the runs after their batch; none begins again until `resume`."""
    with translated("Cancelling the backfill"):
        orders.set_cancelled(connection, targets.migration, targets.names, _signed(actor, reason))


def restart(connection: Connection, targets: Targets) -> None:
    """Let backfills begin again from the first key, because their places mean other rows now. It starts no runner.

    Raises:
        InputError: one has not begun, has ended, or is being worked on.
    """
    with translated("Restarting the backfill"):
        done = orders.restart(connection, targets.migration, targets.names)
    left = [name for name in targets.names if name not in done]
    if left:
        raise InputError(
            f"{', '.join(left)} of {targets.migration} cannot begin again: it is not running, or a worker is at it.",
            "End the workers with `migrator backfill cancel` first. One that has ended is put right by `migrator "
            "backfill verify --repair`.",
        )


def change(connection: Connection, targets: Targets, values: Mapping[str, str]) -> Mapping[str, Mapping[str, object]]:
    """Set what backfills run by; an empty value gives back what is configured. Returns all that is set, by name.

    Raises:
        InputError: there is no such setting, or the value is none of it.
    """
    wrong = sorted(set(values) - set(SETTABLE))
    if wrong:
        raise InputError(f"There is no setting {', '.join(wrong)}.", f"There are: {', '.join(SETTABLE)}.")
    checked = read_params({key: _value(key, text) for key, text in values.items() if text})
    stored = checked.model_dump(mode="json", include=checked.model_fields_set)
    params = {key: stored.get(key) for key in values}
    with translated("Changing the backfill"):
        return orders.set_params(connection, targets.migration, targets.names, params)


def panic(connection: Connection, actor: str, reason: str = "") -> None:
    """Stop every backfill of this database within one batch, and keep all from beginning."""
    with translated("Stopping all backfills"):
        orders.panic(connection, _signed(actor, reason))


def calm(connection: Connection) -> None:
    """End the panic: backfills may be run again.

    Raises:
        InputError: there is none.
    """
    with translated("Ending the panic"):
        ended = orders.calm(connection)
    if ended is None:
        raise InputError("Nobody has stopped all backfills.", "`migrator backfill status` says what they wait for.")


def panicking(connection: Connection) -> str | None:
    """Return who stopped all backfills and why; None when nobody did."""
    with translated("Reading the backfills"):
        return orders.panicking(connection)


def status(connection: Connection, migration: str | None = None) -> list[Row]:
    """Return one row per backfill: all columns of `migrator.backfill` and `heartbeat_age_seconds`."""
    with translated("Reading the backfills"):
        return list(backfills.status(connection, migration))


def forget_replica(connection: Connection, name: str, actor: str) -> None:
    """Record that a replica (or the slot of one) was taken away on purpose, so that backfills do not wait for it."""
    with translated(f"Forgetting replica {name}"):
        backfills.forget_replica(connection, name, actor)


def read_assignments(words: Sequence[str]) -> dict[str, str]:
    """Return `max_lag=1s` as key and value.

    Raises:
        InputError: a word has no `=`, or there is none.
    """
    pairs = [word.partition("=") for word in words]
    if not pairs or any(not equals for _, equals, _ in pairs):
        raise InputError("What to set is missing.", "Write it as key=value: max_lag=1s nice=0.5")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _value(key: str, text: str) -> object:
    return [word.strip() for word in text.split(",")] if key == "ignore_unknown" else text


def _signed(actor: str, reason: str) -> str:
    return f"{actor}: {reason}" if reason else actor
