"""The settings that a backfill runs by at this moment: file, manifest, and what an operator has set since.

One object per run, shared by the throttles. An operator's words are in the database, so they outlive the run. While
the application is at work, batches are short and rest in between; nobody needs that at night.
"""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import ValidationError

from migrator.backfill.sizing import Sizing
from migrator.config import BackfillSettings, explain
from migrator.errors import InputError

SETTABLE = tuple(
    sorted(
        name
        for name in BackfillSettings.model_fields
        if name not in {"workers", "lease", "prometheus", "critical", "time_windows"}
    )
)
"""What `backfill set` takes: everything that is one word."""


def read_params(params: Mapping[str, object]) -> BackfillSettings:
    """Return what an operator has set, checked; `model_fields_set` names it.

    Raises:
        InputError: a name or a value that is none.
    """
    wrong = sorted(set(params) - set(SETTABLE))
    if wrong:
        raise InputError(f"A running backfill has no setting {', '.join(wrong)}.", f"There are: {', '.join(SETTABLE)}.")
    try:
        return BackfillSettings.model_validate(params)
    except ValidationError as exc:
        raise InputError(f"{explain(exc)}.", "Correct the value.") from exc


class Pace:
    """`now` is what throttles and the runner ask; replaced as a whole, so any thread may read it."""

    def __init__(self, settings: BackfillSettings) -> None:
        self._configured = settings
        self._params: Mapping[str, object] = {}
        self.now = settings
        self.is_busy = False
        """Whether the application is at work; told by the thread that looks (`throttles/application`)."""
        self._sized = (settings.batch_size, settings.target_batch)

    @property
    def target_batch(self) -> timedelta:
        """How long a batch may take now."""
        return min(self.now.target_batch, self.now.busy_batch) if self.is_busy else self.now.target_batch

    @property
    def busy_nice(self) -> float:
        """How much longer than the batch itself the application is owed a pause now."""
        return self.now.busy_nice if self.is_busy else 0.0

    def take(self, params: Mapping[str, object]) -> None:
        """Put what an operator has set over what is configured; raises `InputError` for what cannot be understood."""
        if params != self._params:
            self.now = self._configured.with_limits(read_params(params))
            self._params = dict(params)

    def adjust(self, sizing: Sizing) -> Sizing:
        """Return the controller with the batch size or the target that has changed since the last batch."""
        size, target = self._sized
        self._sized = (self.now.batch_size, self.target_batch)
        if target != self._sized[1]:
            sizing = sizing.aimed_at(self._sized[1].total_seconds())
        return sizing.resized(self.now.batch_size) if size != self.now.batch_size else sizing
