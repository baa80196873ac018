"""Where each phase and each backfill of a migration is: what the page and the metrics show alike."""

from collections.abc import Mapping
from enum import Enum

from migrator.phases.folder import PHASES
from migrator.phases.overview import Overview
from migrator.state.transitions import State


class PhaseState(Enum):
    """One cell of the board; `begun` says nothing about whether anybody is at work right now."""

    WAITING = "waiting"
    BEGUN = "begun"
    FAILED = "failed"
    DONE = "done"


_REACHED = {
    State.EXPANDING: (PhaseState.BEGUN,),
    State.EXPANDED: (PhaseState.DONE,),
    State.MIGRATING: (PhaseState.DONE, PhaseState.BEGUN),
    State.MIGRATED: (PhaseState.DONE, PhaseState.DONE),
    State.READY: (PhaseState.DONE, PhaseState.DONE),
    State.CONTRACTING: (PhaseState.DONE, PhaseState.DONE, PhaseState.BEGUN),
    State.COMPLETE: (PhaseState.DONE,) * 3,
    State.BASELINED: (PhaseState.DONE,) * 3,
}
"""Phase states by migration state; what is not named waits."""


def phase_states(item: Overview) -> Mapping[str, PhaseState]:
    """Return the state of expand, migrate and contract."""
    reached = next((cells for state, cells in _REACHED.items() if state.value == item.state), ())
    cells = (*reached, *(PhaseState.WAITING,) * (len(PHASES) - len(reached)))
    failed = item.failed_step.partition(" ")[0]
    return {
        phase: PhaseState.FAILED if phase == failed and cell is PhaseState.BEGUN else cell
        for phase, cell in zip(PHASES, cells, strict=True)
    }


def rows_passed(row: Mapping[str, object]) -> int:
    """Return how far a backfill is: keys are counted when a window is over, the rows changed in it before that."""
    return max((count for count in (row["keys_done"], row["rows_done"]) if isinstance(count, int)), default=0)
