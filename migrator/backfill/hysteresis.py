"""A limit that is reached at one value and let go at a lower one, so that a throttle does not flutter around it."""

RESUME_SHARE = 0.8
"""Where a throttle lets go, as a share of its limit."""


class Hysteresis:
    """Remembers whether the value was over its limit."""

    def __init__(self, resume_share: float = RESUME_SHARE) -> None:
        self._resume_share = resume_share
        self.is_holding = False

    def is_over(self, value: float, limit: float) -> bool:
        """Return whether the value is over the limit, or not yet back below the share of it at which we go on."""
        self.is_holding = value > (limit * self._resume_share if self.is_holding else limit)
        return self.is_holding

    def release(self) -> None:
        """Forget; for a limit that was taken away."""
        self.is_holding = False
