"""Waits while the file of `flag_file` exists on the machine of the run; its first line is the reason.

For what only a file system reaches: a deploy script, a host that is to be shut down. From other machines use
`migrator backfill pause`.
"""

from migrator.backfill.signals import ThrottleContext
from migrator.backfill.throttles.throttle import Reading, Throttle, clear, over, unknown


class FlagFile:
    """Looks before every batch."""

    name = "flag-file"

    def __init__(self, context: ThrottleContext) -> None:
        self._context = context

    def read(self) -> Reading:
        """Return over the limit while the file is there."""
        path = self._context.pace.now.flag_file
        if path is None:
            return clear(self.name)
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                words = file.readline(200).strip()
        except FileNotFoundError:
            return clear(self.name)
        except OSError as exc:
            return unknown(self.name, f"{path}: {exc.strerror}")
        return over(self.name, f"{path} exists" + (f": {words}" if words else ""))


def build(context: ThrottleContext) -> Throttle:
    """Return the throttle."""
    return FlagFile(context)
