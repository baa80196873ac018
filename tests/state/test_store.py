"""The record of a migration: compare and set, times of the edges, files and steps."""

from datetime import date
from itertools import product

import pytest

from migrator.errors import LeaseLost, MigratorError
from migrator.pg.connection import Connection, connect
from migrator.state.install import install
from migrator.state.store import Store
from migrator.state.transitions import TRANSITIONS, State
from tests.fix_server import Database


@pytest.fixture
def store(one_connection: Connection) -> Store:
    install(one_connection)
    return Store(one_connection, "dana")


def test_opened_once(store: Store) -> None:
    first = store.open("m", {"owner": "team"}, date(2099, 1, 1))
    again = store.open("m", {"owner": "others"}, None)
    assert again == first
    assert (first.state, first.version, first.manifest) == (State.PENDING, 0, {"owner": "team"})
    assert [row.action for row in store.history("m")] == ["migration.registered"]


def test_the_table_decides_and_each_change_is_told(store: Store) -> None:
    insert = "INSERT INTO migrator.migration (id, state, manifest) VALUES (%s, %s, '{}')"
    for source, target in product(State, State):
        name = f"{source.value} to {target.value}"
        store.connection.execute(insert, [name, source.value])
        record = store.open(name, {}, None)
        if target in TRANSITIONS[source]:
            changed = store.change_state(record, target, {"why": "test"})
            assert (changed.state, changed.version) == (target, 1)
            assert store.migration(name) == changed
            (row,) = store.history(name)
            assert (row.action, row.actor) == ("state.changed", "dana")
            assert row.detail == {"from": source.value, "to": target.value, "why": "test"}
        else:
            with pytest.raises(MigratorError):
                store.change_state(record, target)
            assert store.migration(name) == record
            assert store.history(name) == ()


def test_times_are_facts_of_the_edges(store: Store) -> None:
    record = store.open("m", {}, None)
    for target in (State.EXPANDING, State.EXPANDED, State.MIGRATING, State.MIGRATED, State.READY, State.MIGRATED):
        record = store.change_state(record, target)
    migrated_at = record.migrated_at
    assert record.expanded_at
    assert migrated_at
    assert record.expanded_at < migrated_at < record.changed_at  # a gate that shut again does not restart the soak
    for target in (State.READY, State.CONTRACTING, State.COMPLETE):
        record = store.change_state(record, target)
    assert record.migrated_at == migrated_at
    assert record.sealed_at
    assert record.completed_at
    assert record.sealed_at < record.completed_at


def test_a_second_expand_begins_with_a_clean_sheet(store: Store) -> None:
    record = store.open("m", {}, None)
    for target in (State.EXPANDING, State.EXPANDED, State.MIGRATING, State.MIGRATED, State.ABORTING, State.ABORTED):
        record = store.change_state(record, target)
    store.record_file("m", "expand.sql", "1")
    store.intend_step("m", "expand", 1, name="n", statement="s", lock="none")
    store.forget_run("m")
    record = store.change_state(record, State.EXPANDING)
    assert (record.expanded_at, record.migrated_at) == (None, None)
    assert store.files("m") == {}
    assert store.all_steps("m") == ()


def test_compare_and_set(store: Store, one_database: Database) -> None:
    record = store.open("m", {}, None)
    with connect(one_database.dsn) as other:
        Store(other, "eve").change_state(record, State.EXPANDING)
    with pytest.raises(LeaseLost, match="m was changed by another runner"):
        store.change_state(record, State.EXPANDING)
    assert [row.actor for row in store.history("m") if row.action == "state.changed"] == ["eve"]


def test_a_change_goes_with_the_transaction_around_it(store: Store) -> None:
    record = store.open("m", {}, None)
    with store.connection.transaction(force_rollback=True):
        store.change_state(record, State.EXPANDING)
    assert store.migration("m") == record
    assert [row.action for row in store.history("m")] == ["migration.registered"]


def test_a_file_is_recorded_once(store: Store) -> None:
    store.open("m", {}, None)
    store.record_file("m", "expand.sql", "first")
    store.record_file("m", "expand.sql", "second")
    assert store.files("m") == {"expand.sql": "first"}


def test_a_step_from_intent_to_end(store: Store) -> None:
    store.open("m", {}, None)
    store.intend_step("m", "expand", 1, name="n", statement="s", lock="strong")
    running = store.steps("m", "expand")[1]
    assert (running.state, running.attempts, running.error) == ("running", 1, None)
    assert running.backend_pid == store.connection.info.backend_pid
    store.end_step("m", "expand", 1, "failed", "no lock")
    assert store.steps("m", "expand")[1].error == "no lock"
    store.intend_step("m", "expand", 1, name="n", statement="s", lock="strong")
    again = store.steps("m", "expand")[1]
    assert (again.state, again.attempts, again.error, again.finished_at) == ("running", 2, None, None)
    store.end_step("m", "expand", 1, "done")
    store.end_step("m", "expand", 1, "failed", "too late")  # what is done stays done
    assert store.steps("m", "expand")[1].state == "done"
    told = [row.action for row in store.history("m") if row.action.startswith("step.")]
    assert told == ["step.failed", "step.done"]
