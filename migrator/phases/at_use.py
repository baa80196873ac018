"""The contract's gates at use: asked again in its own session, right before each try of a step.

Between the seal and the first destructive statement lie a turn for DDL and a wait for locks, of minutes perhaps; a
client of the old version that came back meanwhile must stop it. From the first destructive statement on nothing is
asked any more: then only going on brings the table back into one shape.
"""

from collections.abc import Callable, Mapping, Sequence

from migrator.gates.evaluate import are_open
from migrator.gates.gate import GateResult, GateStatus
from migrator.phases import evidence
from migrator.phases.steps import Step
from migrator.state.records import StepRecord


class AtUse:
    """Stands before the steps of one contract until one of them has taken something away."""

    def __init__(self, migration: str, ask: Callable[[], tuple[GateResult, ...]]) -> None:
        self._migration = migration
        self._ask = ask
        self._snapshot: Mapping[str, object] = {}

    def check(self) -> None:
        """Ask the gates now.

        Raises:
            ContractShut: one is not open; nothing of the step was done.
        """
        results = self._ask()
        self._snapshot = {"gates": evidence.as_json(results)}
        if not are_open(results):
            raise evidence.ContractShut(
                self._migration, [result for result in results if result.status is not GateStatus.OPEN]
            )

    @property
    def snapshot(self) -> Mapping[str, object]:
        """What the gates said last, for the audit row of the step."""
        return self._snapshot


def has_destroyed(steps: Sequence[Step], records: Mapping[int, StepRecord]) -> bool:
    """Whether a step that takes something away is done: then there is no way back, and gates are too late."""
    return any(
        step.number in records
        and records[step.number].state == "done"
        and any(effects.is_destructive for effects in step.effects)
        for step in steps
    )


def has_done_nothing(steps: Sequence[Step], records: Mapping[int, StepRecord]) -> bool:
    """Whether no statement of the contract has left anything: all failed in their transaction, or never began."""
    known = {step.number: step for step in steps}
    return all(_left_nothing(known.get(number), record) for number, record in records.items())


def _left_nothing(step: Step | None, record: StepRecord) -> bool:
    if record.state == "skipped":
        return True
    is_same = step is not None and step.sql == record.statement
    return record.state in {"failed", "interrupted"} and is_same and step is not None and step.is_transactional
