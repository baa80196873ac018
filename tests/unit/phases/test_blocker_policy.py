"""Which sessions `on_blocked = "cancel"` may end; that they are ended is in tests/phases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migrator.config import LockSettings
from migrator.pg.blocking import BlockingSession
from migrator.phases.blocker_policy import reason_to_cancel, reason_to_terminate

IDLE = BlockingSession(
    pid=7,
    backend_start=datetime(2026, 1, 1, tzinfo=UTC),
    backend_type="client backend",
    application="shop/report",
    role="reporting",
    state="idle in transaction",
    query="SELECT 1",
    state_seconds=31.0,
    query_seconds=31.0,
)
ALLOWED = LockSettings(on_blocked="cancel", cancel_applications=("shop/*",))


def test_an_allowed_session_that_idles_in_its_transaction() -> None:
    assert reason_to_cancel(IDLE, ALLOWED) == "idle in transaction for 31 s"


def test_an_allowed_session_in_a_long_query() -> None:
    busy = replace(IDLE, state="active", query_seconds=301.0)
    assert reason_to_cancel(busy, ALLOWED) == "in one query for 301 s"


@pytest.mark.parametrize(
    "changes",
    [
        {"state_seconds": 29.0},
        {"state": "active", "query_seconds": 299.0},
        {"state": "idle"},
        {"state": None, "state_seconds": None},
        {"application": "billing"},
        {"application": None},
        {"backend_type": "autovacuum worker"},
        {"backend_type": "walsender"},
        {"backend_type": "parallel worker"},
        {"backend_type": None},
        {"backend_start": None},
    ],
)
def test_who_is_left_alone(changes: dict[str, Any]) -> None:
    assert reason_to_cancel(replace(IDLE, **changes), ALLOWED) is None


@pytest.mark.parametrize("application", ["migrator", "migrator/m/expand/1", "migrator/observer"])
def test_another_run_of_migrator_is_left_alone_whatever_is_allowed(application: str) -> None:
    everybody = ALLOWED.model_copy(update={"cancel_applications": ("*",), "cancel_roles": ("*",)})
    assert reason_to_cancel(replace(IDLE, application=application), everybody) is None
    assert reason_to_cancel(replace(IDLE, application="migratory-birds"), everybody)


def test_nobody_is_cancelled_unless_asked_for() -> None:
    assert reason_to_cancel(IDLE, ALLOWED.model_copy(update={"on_blocked": "wait"})) is None
    assert LockSettings().on_blocked == "wait"


def test_roles_and_times_are_settings() -> None:
    settings = LockSettings(on_blocked="cancel", cancel_roles=("report*",), cancel_idle_after=timedelta(seconds=32))
    assert reason_to_cancel(IDLE, settings) is None
    assert reason_to_cancel(replace(IDLE, state_seconds=32.0, application=None), settings)
    assert reason_to_cancel(replace(IDLE, state_seconds=32.0, role="web"), settings) is None


def test_a_session_is_ended_by_the_age_of_its_transaction_only_where_that_is_asked_for() -> None:
    restless = replace(IDLE, state="active", query_seconds=0.1, transaction_seconds=601.0)
    ending = ALLOWED.model_copy(update={"on_blocked": "terminate"})
    assert reason_to_terminate(restless, ALLOWED) is None
    assert reason_to_terminate(restless, ending) == "in one transaction for 601 s; its session was ended"
    for changes in ({"transaction_seconds": 599.0}, {"transaction_seconds": None}, {"backend_type": "walsender"}):
        assert reason_to_terminate(replace(restless, **changes), ending) is None
    assert reason_to_terminate(replace(restless, application="migrator/m"), ending) is None
    assert reason_to_cancel(IDLE, ending), "what may be cancelled still may"


@pytest.mark.parametrize(
    ("pattern", "application", "is_allowed"),
    [
        ("shop/report", "shop/report", True),
        ("shop", "shop/report", False),
        ("*report*", "shop/report", True),
        ("shop.report", "shop/report", False),
        ("SHOP/*", "shop/report", False),
        ("shop/[r]eport", "shop/report", False),
    ],
)
def test_only_the_star_is_special(pattern: str, application: str, is_allowed: bool) -> None:
    settings = ALLOWED.model_copy(update={"cancel_applications": (pattern,)})
    assert bool(reason_to_cancel(replace(IDLE, application=application), settings)) is is_allowed
