"""`backfill run` in a second process: it works beside the first one and leaves the proof to it."""

import threading
from dataclasses import replace

from migrator.config import BackfillSettings
from migrator.events import Event, EventKind, Events
from migrator.state.transitions import State
from tests.backfill.scenes import Heard
from tests.fix_app import Shop
from tests.fix_server import wait_until


def test_a_second_engine_helps(one_shop: Shop) -> None:
    heard, others, go_on = Heard(), Heard(), threading.Event()

    def stand_still(_: Event) -> None:
        go_on.wait(60)

    heard.on[EventKind.BACKFILL_BATCH] = stand_still
    engine, migration = one_shop.engine(), one_shop.render_rename()
    engine.expand(migration)
    settings = engine.settings.model_copy(update={"backfill": BackfillSettings(batch_size=10)})
    first = replace(engine, settings=settings, events=Events(heard))
    second = replace(engine, settings=settings, events=Events(others))
    thread = threading.Thread(target=first.backfill, args=[migration])
    thread.start()
    wait_until(lambda: bool(heard.of(EventKind.BACKFILL_BATCH)), "the first one has begun")
    helper = threading.Thread(target=second.backfill, args=[migration], kwargs={"workers": 2})
    helper.start()
    wait_until(lambda: bool(others.of(EventKind.BACKFILL_STARTED)), "the second one works beside it")
    go_on.set()
    thread.join()
    helper.join()
    assert len(heard.of(EventKind.BACKFILL_VERIFIED)) == 1
    assert engine.backfill(migration).after is State.MIGRATING
