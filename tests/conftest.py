"""Fixtures of the whole suite: the servers found once, a database per test, an application with a migration."""

from hypothesis import settings

pytest_plugins = ["tests.fix_server", "tests.fix_app"]

# a deadline of examples would be an assertion about time, which a busy machine breaks
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
