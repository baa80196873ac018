"""Events: every listener hears each one, in order; nothing is swallowed."""

import pytest

from migrator.events import Event, EventKind, Events


def test_every_listener_hears_each_event_in_order() -> None:
    heard: list[tuple[str, Event]] = []
    events = Events(lambda event: heard.append(("first", event)))
    events.add(lambda event: heard.append(("second", event)))
    events.emit(EventKind.PHASE_STARTED, "m1", phase="expand")
    events.emit(EventKind.PHASE_FINISHED, "m1", phase="expand", seconds=1.5)
    assert [(who, event.kind) for who, event in heard] == [
        ("first", EventKind.PHASE_STARTED),
        ("second", EventKind.PHASE_STARTED),
        ("first", EventKind.PHASE_FINISHED),
        ("second", EventKind.PHASE_FINISHED),
    ]
    assert heard[-1][1] == Event(EventKind.PHASE_FINISHED, "m1", {"phase": "expand", "seconds": 1.5})


def test_a_listener_that_fails_stops_the_run() -> None:
    def fail(event: Event) -> None:
        raise RuntimeError(event.migration)

    with pytest.raises(RuntimeError, match="m1"):
        Events(fail).emit(EventKind.PHASE_STARTED, "m1")


def test_kinds_have_different_words() -> None:
    assert len({kind.value for kind in EventKind}) == len(list(EventKind)) == len(EventKind.__members__)
