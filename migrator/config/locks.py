"""`[locks]`: how long statements may wait for their locks and hold them."""

from datetime import timedelta

from migrator.config.duration import Duration
from migrator.config.section import Section


class LockSettings(Section):
    """How long strong statements may try to get their locks."""

    budget: Duration = timedelta(minutes=15)
    """All attempts of one step together."""
    longest_wait: Duration = timedelta(seconds=2)
    """The longest single `lock_timeout`; while it runs, queries queue behind us."""
    statement_timeout: Duration = timedelta(seconds=5)
    """The longest run of a statement that blocks readers or writers, once it has its lock."""
    weak_watchdog: Duration = timedelta(hours=4)
    """The longest run of a statement that blocks nobody, such as CREATE INDEX CONCURRENTLY."""
    runner_wait: Duration = timedelta(seconds=15)
    """How long to wait for another runner's lock before giving up."""
