"""Gates that read migrator's own records: backfill, soak, approvals."""

from datetime import timedelta

import pytest

from migrator.errors import InputError
from migrator.gates import approvals, backfill, soak
from migrator.gates.gate import GateStatus
from migrator.pg.connection import Connection
from migrator.pg.driver import Jsonb
from migrator.state.approvals import approve, list_approvals
from migrator.state.install import install
from tests.gates.asking import MIGRATION, question, register


def record_backfill(connection: Connection, name: str, **values: object) -> None:
    row = {"state": "verified", "remaining": 0, "different": 0, "rows_done": 10, **values}
    connection.execute(
        "INSERT INTO migrator.backfill (migration, name, spec, spec_sha256, state, remaining, different, rows_done)"
        " VALUES (%(migration)s, %(name)s, %(spec)s, '', %(state)s, %(remaining)s, %(different)s, %(rows_done)s)"
        " ON CONFLICT (migration, name) DO UPDATE SET state = excluded.state, remaining = excluded.remaining,"
        " different = excluded.different",
        {**row, "migration": MIGRATION, "name": name, "spec": Jsonb({})},
    )


def test_no_backfill_declared_is_open_with_words(one_connection: Connection) -> None:
    result = backfill.evaluate(question(one_connection))
    assert (result.status, result.reason) == (GateStatus.OPEN, "the migration declares no backfill")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "pending"}, "users_mail is pending, 10 rows done"),
        ({"state": "running", "rows_done": 4}, "users_mail is running, 4 rows done"),
        ({"state": "finished"}, "users_mail is finished, not verified"),
        ({"remaining": 3}, "users_mail was verified with 3 rows left"),
        ({"remaining": 3, "different": 2}, "verified with 3 rows left and 2 rows different"),
        ({"remaining": None}, "verified with uncounted rows left"),
    ],
)
def test_a_backfill_that_is_not_verified_clean_closes(
    one_connection: Connection, values: dict[str, object], words: str
) -> None:
    register(one_connection)
    record_backfill(one_connection, "users_mail", **values)
    asked = question(one_connection, backfills=("users_mail",))
    closed = backfill.evaluate(asked)
    assert closed.status is GateStatus.CLOSED
    assert closed.reason.startswith("unverified backfills 1 > 0 (")
    assert words in closed.reason
    record_backfill(one_connection, "users_mail")
    assert backfill.evaluate(asked).status is GateStatus.OPEN


def test_every_backfill_counts_and_one_that_never_began_closes(one_connection: Connection) -> None:
    register(one_connection)
    record_backfill(one_connection, "users_mail")
    result = backfill.evaluate(question(one_connection, backfills=("users_mail", "users_age")))
    assert result.reason == "unverified backfills 1 > 0 (users_age has not begun)"


def test_soak_is_counted_by_the_database_from_the_end_of_migrate(connection: Connection) -> None:
    register(connection, migrated_ago=timedelta(hours=3, minutes=20))
    closed = soak.evaluate(question(connection, soak=timedelta(hours=72)))
    assert closed.status is GateStatus.CLOSED
    assert closed.reason.startswith("soak 3h 20m < 72h (opens at ")
    opened = soak.evaluate(question(connection, soak=timedelta(hours=3)))
    assert (opened.status, opened.reason) == (GateStatus.OPEN, "soak 3h 20m >= 3h")


def test_the_soak_of_a_migration_that_has_not_migrated_has_not_begun(one_connection: Connection) -> None:
    asked = question(one_connection, soak=timedelta(hours=1))
    install(one_connection)
    assert soak.evaluate(asked).status is GateStatus.CLOSED
    register(one_connection)
    assert "it has not ended" in soak.evaluate(asked).reason
    assert soak.evaluate(question(one_connection)).status is GateStatus.OPEN


def say_yes(connection: Connection, actor: str, checksum: str = "checksum-now", phase: str = "contract") -> None:
    approve(connection, MIGRATION, phase, actor=actor, checksum=checksum, reason="looked at the dashboard")


def test_approvals_count_people_for_this_phase_and_these_files(connection: Connection) -> None:
    register(connection)
    asked = question(connection, approvals=2)
    assert approvals.evaluate(asked).reason == "approvals 0 < 2 (checksum now checksum-now)"
    for _ in range(2):
        say_yes(connection, "alice")
    say_yes(connection, "Alice ")
    say_yes(connection, "carol", phase="expand")
    assert approvals.evaluate(asked).reason == "approvals 1 < 2 (approved: alice; checksum now checksum-now)"
    say_yes(connection, "bob", checksum="checksum-before")
    closed = approvals.evaluate(asked)
    assert closed.status is GateStatus.CLOSED
    assert "bob approved an older version of the files and must look again" in closed.reason
    say_yes(connection, "bob")
    assert approvals.evaluate(asked).reason == "approvals 2 >= 2 (alice, bob)"


def test_a_changed_file_makes_approvals_void(one_connection: Connection) -> None:
    register(one_connection)
    say_yes(one_connection, "alice")
    assert approvals.evaluate(question(one_connection, approvals=1)).status is GateStatus.OPEN
    changed = approvals.evaluate(question(one_connection, approvals=1, checksum="changed"))
    assert changed.status is GateStatus.CLOSED
    assert "alice approved an older version" in changed.reason


def test_no_approval_asked_is_open(one_connection: Connection) -> None:
    assert approvals.evaluate(question(one_connection)).status is GateStatus.OPEN


def test_an_approval_keeps_its_first_reason(one_connection: Connection) -> None:
    register(one_connection)
    first = approve(one_connection, MIGRATION, "contract", actor="alice", checksum="c", reason="the first reason")
    again = approve(one_connection, MIGRATION, "contract", actor="alice", checksum="c", reason="another reason")
    assert again == first
    assert list_approvals(one_connection, MIGRATION) == (first,)


@pytest.mark.parametrize(
    ("actor", "reason"), [("alice", "ok"), ("alice", "   ok        "), (" ", "long enough reason")]
)
def test_an_approval_needs_a_person_and_a_reason(one_connection: Connection, actor: str, reason: str) -> None:
    register(one_connection)
    with pytest.raises(InputError):
        approve(one_connection, MIGRATION, "contract", actor=actor, checksum="c", reason=reason)
    assert list_approvals(one_connection, MIGRATION) == ()


def test_an_approval_of_a_migration_that_never_began_is_refused_and_the_transaction_goes_on(
    one_connection: Connection,
) -> None:
    install(one_connection)
    with one_connection.transaction():
        with pytest.raises(InputError, match="has not begun"):
            approve(one_connection, "nothing", "contract", actor="a", checksum="c", reason="a good reason")
        assert one_connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}
