"""What the tests of phases look at from outside: the schema as pg_dump writes it, and what is on the shop's table."""

import os
import subprocess
from typing import Any

from migrator.clock import SystemClock
from migrator.pg.connection import Connection
from migrator.sandbox.clients import Fleet
from migrator.sandbox.cluster import Cluster


def schema_dump(server: Cluster, dsn: str) -> str:
    """Return the whole schema as text; pg_dump's random \\restrict lines are left out."""
    answer = subprocess.run(
        [server.programs.path("pg_dump"), "--schema-only", "--dbname", dsn],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    lines = answer.stdout.splitlines()
    return "\n".join(line for line in lines if not line.startswith(("\\restrict", "\\unrestrict")))


def scalar(connection: Connection, query: str, *values: object) -> Any:
    """Return the first column of the first row."""
    row = connection.execute(query.encode(), values or None).fetchone()
    return next(iter(row.values())) if row else None


def names(connection: Connection, query: str, *values: object) -> set[str]:
    """Return the column `name` of every row."""
    return {row["name"] for row in connection.execute(query.encode(), values or None)}


def users_parts(connection: Connection) -> dict[str, set[str]]:
    """Return everything that hangs on the table users, and the sync functions in our schema."""
    on_users = "'public.users'::regclass"
    return {
        "columns": names(
            connection,
            f"SELECT attname AS name FROM pg_attribute WHERE attrelid = {on_users} AND attnum > 0 AND NOT attisdropped",
        ),
        "not null": names(
            connection,
            f"SELECT attname AS name FROM pg_attribute WHERE attrelid = {on_users} AND attnum > 0 AND attnotnull",
        ),
        "indexes": names(
            connection,
            "SELECT c.relname || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END AS name "
            f"FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = {on_users}",
        ),
        "constraints": names(
            connection,
            f"SELECT conname AS name FROM pg_constraint WHERE conrelid = {on_users} AND contype <> 'n'",
        ),
        "triggers": names(
            connection, f"SELECT tgname AS name FROM pg_trigger WHERE tgrelid = {on_users} AND NOT tgisinternal"
        ),
        "functions": names(
            connection,
            "SELECT proname AS name FROM pg_proc WHERE pronamespace = 'migrator'::regnamespace AND proname ~ '^sync_'",
        ),
    }


RENAMED = {
    "columns": {"id", "mail", "name", "visits"},
    "not null": {"id", "mail", "name", "visits"},
    "indexes": {"users_pkey", "users_mail_idx"},
    "constraints": {"users_pkey"},
    "triggers": set[str](),
    "functions": set[str](),
}
"""`users_parts` of the shop when email has been renamed to mail."""


def wait_for_queries(fleet: Fleet, more: int = 20) -> None:
    """Return when every client of the fleet has run some queries from now on, so that a phase is really observed."""
    clock = SystemClock()
    goals = {client.name: len(client.samples) + more for client in fleet.clients}
    until = clock.monotonic() + 30
    while any(len(client.samples) < goals[client.name] for client in fleet.clients):
        assert clock.monotonic() < until, "the clients stand still"
        clock.wait(0.005, "clients work")


def failures(*fleets: Fleet) -> list[str]:
    """Return the errors that clients saw."""
    return [sample.error for fleet in fleets for sample in fleet.samples if sample.error]
