"""What one server's pg_stat_statements holds of this database, and what it cannot tell.

Each server counts for itself: a replica's readers are in the replica's view only. What the view leaves out (texts of
other roles, statements inside functions, utility statements) is said, so that the gate `statements` can doubt.
"""

from dataclasses import dataclass
from datetime import datetime

from migrator.pg.driver import Connection, sql
from migrator.pg.queries import query

_READ = sql.SQL("""
    SELECT queryid, userid AS role, toplevel AS is_toplevel, calls, query AS text
    FROM {schema}.pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
_INFO = sql.SQL("SELECT dealloc, stats_reset FROM {schema}.pg_stat_statements_info")
HIDDEN = "<insufficient privilege>"


@dataclass(frozen=True, slots=True)
class Counted:
    """One entry; `text` is None when the server has lost it, and `HIDDEN` when it does not show it to us."""

    queryid: int | None
    role: int
    is_toplevel: bool
    calls: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at one server; `problem` says why there is nothing, `doubts` what may be missing."""

    problem: str = ""
    doubts: tuple[str, ...] = ()
    dealloc: int = 0
    stats_reset: datetime | None = None
    statements: tuple[Counted, ...] = ()
    in_recovery: bool = False


def read_statements(connection: Connection) -> Reading:
    """Read the view.

    Raises:
        DatabaseError: the server refused, or went away.
    """
    setup = connection.execute(query("statements.setup")).fetchone() or {}
    problem = _problem(setup)
    if problem:
        return Reading(problem)
    schema = sql.Identifier(setup["schema"])
    info = connection.execute(_INFO.format(schema=schema)).fetchone() or {}
    rows = connection.execute(_READ.format(schema=schema)).fetchall()
    return Reading(
        doubts=tuple(_doubts(connection, setup)),
        dealloc=info["dealloc"],
        stats_reset=info["stats_reset"],
        statements=tuple(Counted(**row) for row in rows),
        in_recovery=setup["in_recovery"],
    )


def replica_names(connection: Connection) -> tuple[str, ...]:
    """Return the `application_name`s of the physical replicas that follow this server now."""
    return tuple(row["name"] for row in connection.execute(query("statements.replicas")))


def _problem(setup: dict[str, object]) -> str:
    if setup.get("schema") is None:
        return "has no pg_stat_statements in this database; CREATE EXTENSION pg_stat_statements"
    if setup.get("track") is None:
        return "has not loaded pg_stat_statements; add it to shared_preload_libraries"
    if not setup.get("has_info"):
        return "has pg_stat_statements in a version that tells no evictions; ALTER EXTENSION pg_stat_statements UPDATE"
    return "counts nothing: pg_stat_statements.track is none" if setup["track"] == "none" else ""


def _doubts(connection: Connection, setup: dict[str, object]) -> list[str]:
    doubts: list[str] = []
    if setup["track_utility"] != "on":
        doubts.append("does not count COPY and cursors: pg_stat_statements.track_utility is off")
    if setup["track"] == "top":
        functions = [row["identity"] for row in connection.execute(query("statements.functions"))]
        if functions:
            listed = ", ".join(functions[:3]) + (f" and {len(functions) - 3} more" if functions[3:] else "")
            doubts.append(
                f"does not count what functions run ({listed}): pg_stat_statements.track is top; set it to all"
            )
    less = connection.execute(query("statements.sessions_track"))
    return doubts + [f"counts less for {row['role']} in {row['database']}: {row['setting']}" for row in less]
