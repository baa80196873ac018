"""Fixtures of the whole suite: the servers found once, a database per test."""

pytest_plugins = ["tests.fix_server"]
