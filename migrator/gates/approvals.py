"""Gate `approvals`: enough different people approved these very files.

An approval is bound to the checksum of contract.sql and of what the manifest asks of the contract; when either
changes, it no longer counts and the reason says so. Issue 2 counts people; who may approve comes with the coupling
check's rules.
"""

from collections.abc import Sequence

from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.state.approvals import Approval, list_approvals

NAME = "approvals"

_SHORT = 12


def evaluate(question: GateQuestion) -> GateResult:
    """Return open when at least the number of people asked for approved the files as they are."""
    if question.approvals <= 0:
        return GateResult(NAME, GateStatus.OPEN, "no approval is asked for")
    given = list_approvals(question.connection, question.migration, question.phase)
    valid = [approval for approval in given if approval.checksum == question.checksum]
    people = _people(valid)
    outdated = sorted(set(_people([a for a in given if a.checksum != question.checksum])) - set(people))
    evidence = {"asked": question.approvals, "checksum": question.checksum, "approvals": [_facts(a) for a in given]}
    if len(people) >= question.approvals:
        reason = f"approvals {len(people)} >= {question.approvals} ({', '.join(people)})"
        return GateResult(NAME, GateStatus.OPEN, reason, evidence)
    notes = [f"approved: {', '.join(people)}"] if people else []
    if outdated:
        notes.append(f"{', '.join(outdated)} approved an older version of the files and must look again")
    notes.append(f"checksum now {question.checksum[:_SHORT]}")
    reason = f"approvals {len(people)} < {question.approvals} ({'; '.join(notes)})"
    return GateResult(NAME, GateStatus.CLOSED, reason, evidence)


def _people(approvals: Sequence[Approval]) -> list[str]:
    """Return each person once, however the name was capitalised."""
    return sorted({approval.actor.strip().casefold() for approval in approvals})


def _facts(approval: Approval) -> dict[str, object]:
    return {
        "actor": approval.actor,
        "checksum": approval.checksum,
        "reason": approval.reason,
        "approved_at": approval.approved_at.isoformat(),
    }
