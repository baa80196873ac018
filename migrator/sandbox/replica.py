"""A streaming replica of a sandbox: its replay can be paused, slowed and ended (promoted).

Used by the demo and by tests to create lag that is true: WAL arrives and is not applied.
"""

from migrator.errors import DatabaseFailed
from migrator.pg.driver import sql
from migrator.sandbox.server import Server


class Replica(Server):
    """A server that follows the primary through the slot of its own name."""

    def pause_replay(self) -> None:
        """Stop applying WAL and return when it has stopped; WAL is still received."""
        with self.session() as connection:
            connection.execute("SELECT pg_wal_replay_pause()")
        self._wait_for("SELECT pg_get_wal_replay_pause_state() = 'paused' AS is_true", "replay to pause")

    def resume_replay(self) -> None:
        """Go on applying WAL; no harm when it was not paused."""
        with self.session() as connection:
            connection.execute("SELECT pg_wal_replay_resume()")

    def delay_replay(self, seconds: float) -> None:
        """Apply each commit this long after it was made on the primary; 0 ends the delay."""
        setting = sql.SQL("ALTER SYSTEM SET recovery_min_apply_delay = {}").format(sql.Literal(round(seconds * 1000)))
        with self.session() as connection:
            connection.execute(setting)
            connection.execute("SELECT pg_reload_conf()")

    def restore_replay(self) -> None:
        """Undo every pause and delay, whether there is one or not."""
        query = "SELECT pg_is_wal_replay_paused() AS paused, current_setting('recovery_min_apply_delay') <> '0' AS late"
        with self.session() as connection:
            row = connection.execute(query).fetchone() or {}
        if row.get("paused"):
            self.resume_replay()
        if row.get("late"):
            self.delay_replay(0)

    def promote(self) -> None:
        """Make a primary of it and return when it accepts writes; it never becomes a replica again."""
        with self.session() as connection:
            promoted = connection.execute("SELECT pg_promote(true, 60) AS is_true").fetchone()
        if not (promoted and promoted["is_true"]):
            raise DatabaseFailed(f"The sandbox's {self.name} was not promoted: {self.log_tail()}")

    def wait_replayed(self, position: str, timeout_seconds: float = 30) -> None:
        """Return when WAL up to this position (an LSN of the primary) is applied.

        Raises:
            DatabaseFailed: it was not within `timeout_seconds`.
        """
        query = "SELECT pg_last_wal_replay_lsn() >= %(position)s::pg_lsn AS is_true"
        self._wait_for(query, f"replay of {position}", timeout_seconds, position=position)

    def _wait_for(self, query: str, reason: str, timeout_seconds: float = 30, **values: str) -> None:
        clock = self.home.clock
        until = clock.monotonic() + timeout_seconds
        with self.session() as connection:
            while True:
                row = connection.execute(query.encode(), values).fetchone()
                if row and row["is_true"]:
                    return
                if clock.monotonic() > until:
                    raise DatabaseFailed(
                        f"The sandbox's {self.name} did not reach {reason} in {timeout_seconds:g} s.",
                        "Look whether its replay is paused or delayed.",
                    )
                clock.wait(0.01, f"{self.name}: {reason}")
