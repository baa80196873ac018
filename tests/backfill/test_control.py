"""What operators ask of running backfills from elsewhere: within one batch, and outliving the run."""

from collections.abc import Callable
from typing import Any

import pytest

from migrator.backfill import control, history
from migrator.backfill.control import Targets
from migrator.backfill.request import BackfillRequest
from migrator.backfill.runner import BackfillRunner
from migrator.errors import Cancelled, InputError
from migrator.events import Event, EventKind
from migrator.pg.connection import Connection
from migrator.phases.control import cancel_backfill, change_backfill, panic_backfills, resume_backfill
from migrator.state import backfills
from tests.backfill.holding import PACE, ROWS, prepare
from tests.backfill.scenes import MIGRATION, Background, Heard, install_state, request, spec, touched
from tests.fix_server import Database, wait_until

NAME = "items_touched"
ALL = Targets(MIGRATION, (NAME,))


def after_batches(heard: Heard, number: int, do: Callable[[], object]) -> None:
    """Do something on another session as soon as so many batches are committed."""

    def on(_: Event) -> None:
        if len(heard.of(EventKind.BACKFILL_BATCH)) == number:
            do()

    heard.on[EventKind.BACKFILL_BATCH] = on


def asked(database: Database, heard: Heard, **limits: Any) -> BackfillRequest:
    return request(database.dsn, spec(limits=PACE | {"batch_size": 10} | limits), heard, throttles=None)


def test_unknown_backfills_cannot_be_paused(one_connection: Connection) -> None:
    install_state(one_connection)
    with pytest.raises(InputError, match="has no backfill nothing that has begun"):
        control.find(one_connection, MIGRATION, "nothing")
    with pytest.raises(InputError, match="has no backfill that has begun"):
        control.find(one_connection, MIGRATION)


def test_backfills_are_found_by_id_by_a_part_of_it_and_by_name(
    one_database: Database, one_connection: Connection
) -> None:
    prepare(one_connection)
    BackfillRunner(asked(one_database, Heard())).run()
    for target, name in ((MIGRATION, None), ("0901_te", None), (NAME, None), (MIGRATION, NAME)):
        assert control.find(one_connection, target, name) == ALL
    one_connection.execute(
        "INSERT INTO migrator.migration (id, state, manifest) VALUES ('20260902_test', 'migrating', '{}')"
    )
    backfills.register(one_connection, "20260902_test", NAME, {}, "")
    with pytest.raises(InputError, match="may be 20260901_test or 20260902_test"):
        control.find(one_connection, NAME)
    assert control.find(one_connection, "20260902_test").names == (NAME,)


def test_cancel_ends_the_run_within_one_batch_and_resume_lets_it_begin(
    one_database: Database, one_connection: Connection
) -> None:
    prepare(one_connection)
    heard = Heard()
    after_batches(heard, 3, lambda: cancel_backfill(one_database.dsn, NAME, None, "ann", "it hurts"))
    with pytest.raises(Cancelled, match="was cancelled by ann: it hurts"):
        BackfillRunner(asked(one_database, heard)).run()
    assert len(heard.of(EventKind.BACKFILL_BATCH)) == 3
    with pytest.raises(Cancelled):
        BackfillRunner(asked(one_database, Heard())).run()
    resume_backfill(one_database.dsn, MIGRATION, None, "ann")
    BackfillRunner(asked(one_database, Heard())).run()
    assert touched(one_connection) == {1: ROWS}
    actions = one_connection.execute("SELECT action FROM migrator.audit WHERE action LIKE 'backfill.%' ORDER BY at")
    assert [row["action"] for row in actions] == ["backfill.cancelled", "backfill.resumed"]


def test_panic_stops_all_and_keeps_all_from_beginning(one_database: Database, one_connection: Connection) -> None:
    prepare(one_connection)
    heard = Heard()
    after_batches(heard, 3, lambda: panic_backfills(one_database.dsn, "ann", "the shop is down"))
    with pytest.raises(Cancelled, match="stopped by ann: the shop is down"):
        BackfillRunner(asked(one_database, heard)).run()
    assert len(heard.of(EventKind.BACKFILL_BATCH)) == 3
    assert control.panicking(one_connection) == "ann: the shop is down"
    other = request(one_database.dsn, spec(name="another"), Heard(), throttles=None)
    with pytest.raises(Cancelled):
        BackfillRunner(other).run()
    panic_backfills(one_database.dsn, "ann", "", is_end=True)
    BackfillRunner(asked(one_database, Heard())).run()
    assert touched(one_connection) == {1: ROWS}
    with pytest.raises(InputError, match="Nobody has stopped"):
        panic_backfills(one_database.dsn, "ann", "", is_end=True)


def test_a_batch_size_set_while_running_holds_from_the_next_batch(
    one_database: Database, one_connection: Connection
) -> None:
    prepare(one_connection)
    heard = Heard()
    values = {"batch_size": "50", "target_batch": "1h"}
    after_batches(heard, 2, lambda: change_backfill(one_database.dsn, NAME, None, "ann", values))
    BackfillRunner(asked(one_database, heard, target_batch="1h")).run()
    sizes = [int(str(event.data["batch_size"])) for event in heard.of(EventKind.BACKFILL_BATCH)]
    assert sizes[1] < 30, "it has grown by half at most"
    assert sizes[2] >= 50


def test_what_was_set_outlives_the_run(one_database: Database, one_connection: Connection) -> None:
    prepare(one_connection)
    heard = Heard()

    def change_and_cancel() -> None:
        change_backfill(one_database.dsn, NAME, None, "ann", {"nice": "1.5", "max_lag": "10s"})
        cancel_backfill(one_database.dsn, NAME, None, "ann", "")

    after_batches(heard, 1, change_and_cancel)
    with pytest.raises(Cancelled):
        BackfillRunner(asked(one_database, heard)).run()
    resume_backfill(one_database.dsn, NAME, None, "ann")
    again = Heard()
    BackfillRunner(asked(one_database, again)).run()
    assert {event.data["throttle"] for event in again.of(EventKind.BACKFILL_RESUMED)} == {"nice"}
    _, params = change_backfill(one_database.dsn, NAME, None, "ann", {"nice": ""})
    assert params == {NAME: {"max_lag": "10s"}}, "an empty value gives back what is configured"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nothing": "1"}, "There is no setting nothing"),
        ({"max_lag": "10"}, "max_lag: '10' is not a duration"),
        ({"nice": "-1"}, "nice: Input should be greater"),
        ({"workers": "4"}, "There is no setting workers"),
    ],
)
def test_what_cannot_be_set(one_connection: Connection, values: dict[str, str], message: str) -> None:
    install_state(one_connection)
    with pytest.raises(InputError, match=message):
        control.change(one_connection, ALL, values)


def test_params_of_a_newer_version_hold_the_backfill_back(one_database: Database, one_connection: Connection) -> None:
    prepare(one_connection)
    heard = Heard()
    change = "UPDATE migrator.backfill SET params = %s"
    after_batches(heard, 1, lambda: one_connection.execute(change, ['{"from_the_future": 1}']))
    run = Background(BackfillRunner(asked(one_database, heard)))
    wait_until(lambda: bool(heard.of(EventKind.BACKFILL_PAUSED)), "it waits")
    assert "has no setting from_the_future" in str(heard.of(EventKind.BACKFILL_PAUSED)[0].data["reason"])
    one_connection.execute(change, ["{}"])
    run.result()
    assert touched(one_connection) == {1: ROWS}


def test_runs_are_written_down(one_database: Database, one_connection: Connection) -> None:
    prepare(one_connection)
    heard = Heard()
    after_batches(heard, 2, lambda: cancel_backfill(one_database.dsn, NAME, None, "ann", ""))
    with pytest.raises(Cancelled), history.kept(asked(one_database, heard, nice=1), "ann") as first:
        BackfillRunner(first).run()
    resume_backfill(one_database.dsn, NAME, None, "ann")
    with history.kept(asked(one_database, Heard(), nice=1), "bob") as second:
        BackfillRunner(second).run()
    latest, earlier = history.read(one_connection, MIGRATION)
    assert (earlier["actor"], earlier["outcome"]) == ("ann", "Cancelled")
    assert (latest["actor"], latest["outcome"]) == ("bob", "done")
    assert earlier["rows"] + latest["rows"] == ROWS
    assert latest["from_key"] == earlier["to_key"] != latest["to_key"]
    assert latest["throttled"]["nice"] > 0
    assert latest["host"]
    assert latest["ended_at"] > latest["started_at"] > earlier["started_at"]
