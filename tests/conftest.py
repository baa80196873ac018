"""Fixtures of the whole suite: the servers found once, a database per test, an application with a migration."""

import re
import signal
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import settings

pytest_plugins = ["tests.fix_server", "tests.fix_app"]

# a deadline of examples would be an assertion about time, which a busy machine breaks
settings.register_profile("suite", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=100)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job: its children would ignore Ctrl-C too
    signal.signal(signal.SIGINT, signal.default_int_handler)

_SERVER = re.compile(r"\bpg\d+\b")
_ALL_SERVERS = ("statements/test_facts_live.py",)


def pytest_configure(config: pytest.Config) -> None:
    """Let the thorough suite try more examples of each property."""
    settings.load_profile("suite" if config.getoption("markexpr") == "not thorough" else "thorough")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a test that can run on each server run on one, which its name draws; the thorough suite runs it on all.

    So each run of the suite meets all servers; tests that compare facts with the servers always run on each, and so
    do those marked `every_server`.
    """
    by_test: dict[str, list[pytest.Item]] = {}
    for item in items:
        if _SERVER.search(item.name) and not _is_for_all(item):
            by_test.setdefault(_SERVER.sub("", item.nodeid), []).append(item)
    for name, same in by_test.items():
        drawn = crc32(name.encode()) % len(same)
        for item in (*same[:drawn], *same[drawn + 1 :]):
            item.add_marker(pytest.mark.thorough)


def _is_for_all(item: pytest.Item) -> bool:
    place = item.path.relative_to(Path(__file__).parent).as_posix()
    return place.startswith(_ALL_SERVERS) or item.get_closest_marker("every_server") is not None
