"""`[backfill]`: the pace of backfills."""

from datetime import timedelta

from pydantic import Field

from migrator.config.duration import Duration
from migrator.config.section import Section


class BackfillSettings(Section):
    """Defaults for backfills; a manifest's `limits` override them."""

    target_batch: Duration = timedelta(milliseconds=200)
    """How long one batch's transaction may take; the batch size adapts to it."""
    max_lag: Duration = timedelta(seconds=2)
    """Longest lag of any replica; above it the backfill waits until the lag is at half of it."""
    batch_size: int = Field(default=1000, ge=1)
    """Rows of the first batch; later ones adapt to `target_batch`."""
