"""What each phase waits for, asked from outside, and waiting for it."""

import pytest

from migrator.clock import SystemClock
from migrator.errors import DatabaseFailed, Stopped
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import connect
from migrator.phases.entrance import ask_phase, next_phase
from migrator.phases.folder import PHASES, Migration
from migrator.phases.gate_wait import wait_until_open
from migrator.state.transitions import ENDED, State
from tests.fix_app import RENAME, Shop


def _ask(shop: Shop, migration: Migration, phase: str) -> GateResult:
    """Return the gate that is shut, or the first."""
    with connect(shop.dsn) as connection:
        results = ask_phase(connection, shop.engine().settings, migration, phase)
    return next((result for result in results if result.status is not GateStatus.OPEN), results[0])


def _open(shop: Shop, migration: Migration) -> list[str]:
    return [phase for phase in PHASES if _ask(shop, migration, phase).status is GateStatus.OPEN]


def test_a_migration_that_was_given_up_opens_nothing(one_shop: Shop) -> None:
    migration = one_shop.render_rename()
    one_shop.engine().expand(migration)
    assert _open(one_shop, migration) == ["expand", "migrate"]
    one_shop.engine().abort(migration)
    assert _open(one_shop, migration) == []
    assert "a person decides" in _ask(one_shop, migration, "expand").reason


def test_expand_waits_for_dependencies_and_for_tables_of_others(one_shop: Shop) -> None:
    one_shop.engine().expand(one_shop.render_rename())
    manifest = f'[migration]\ndepends_on = ["{RENAME}"]\n'
    after = one_shop.write("20260902_after", expand="CREATE TABLE news (id bigint);", manifest=manifest)
    beside = one_shop.write("20260902_beside", expand="ALTER TABLE users ADD COLUMN age integer;")
    assert _ask(one_shop, after, "expand").gate == "depends_on"
    assert f"{RENAME} (expanded) works on public.users" in _ask(one_shop, beside, "expand").reason
    one_shop.engine().migrate(one_shop.migration())
    one_shop.engine().contract(one_shop.migration())
    assert "expand" in _open(one_shop, after)
    assert "expand" in _open(one_shop, beside)


def test_what_has_nothing_to_contract_is_open(one_shop: Shop) -> None:
    migration = one_shop.write("20260902_news", expand="CREATE TABLE news (id bigint PRIMARY KEY);")
    assert "nothing to contract" in _ask(one_shop, migration, "contract").reason


def test_every_state_that_is_not_an_end_has_a_next_phase() -> None:
    assert {state for state in State if next_phase(state.value) is None} == {*ENDED, State.ABORTING}
    assert next_phase("broken") is None


class _Clock(SystemClock):
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time

    def wait(self, seconds: float, reason: str) -> None:
        assert reason
        if self.stop.is_set():
            raise Stopped("Stopped on request.")
        self.time += seconds


_SHUT = (GateResult("soak", GateStatus.CLOSED, "not yet"),)
_OPEN = (GateResult("soak", GateStatus.OPEN, "long enough"),)


def test_waiting_ends_as_soon_as_all_are_open() -> None:
    answers, told, clock = iter([_SHUT, _SHUT, _OPEN]), list[str](), _Clock()
    assert wait_until_open(lambda: next(answers), clock, 60, told.append) == _OPEN
    assert (clock.time, told) == (10, ["waiting: soak closed: not yet"])


def test_waiting_ends_with_the_last_answer() -> None:
    clock = _Clock()
    assert wait_until_open(lambda: _SHUT, clock, 12, lambda _: None) == _SHUT
    assert clock.time == 12


def test_a_database_that_is_away_is_waited_for_and_then_told() -> None:
    def away() -> tuple[GateResult, ...]:
        raise DatabaseFailed("The server is away.")

    clock, told = _Clock(), list[str]()
    with pytest.raises(DatabaseFailed):
        wait_until_open(away, clock, 12, told.append)
    assert (clock.time, told) == (12, ["waiting: The server is away."])


def test_a_stop_ends_the_waiting() -> None:
    clock = _Clock()
    clock.stop.set()
    with pytest.raises(Stopped):
        wait_until_open(lambda: _SHUT, clock, 60, lambda _: None)
