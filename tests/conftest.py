"""Fixtures of the whole suite: the servers found once, a database per test, an application with a migration."""

pytest_plugins = ["tests.fix_server", "tests.fix_app"]
