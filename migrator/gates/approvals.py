"""Gate `approvals`: enough different people approved these very files and this very plan.

An approval is bound to the checksum of contract.sql and of what the manifest asks of the contract, and to the id of the
plan that was looked at; when one changes, it no longer counts and the reason says so. With `[gates]
separation_of_duties` the word of somebody who wrote the files does not count: git knows who did.
"""

from collections.abc import Iterable

from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.state.approvals import Approval, list_approvals

NAME = "approvals"

_SHORT = 12


def evaluate(question: GateQuestion) -> GateResult:
    """Return open when at least the number of people asked for approved the files and the plan as they are."""
    if question.approvals <= 0:
        return GateResult(NAME, GateStatus.OPEN, "no approval is asked for")
    given = list_approvals(question.connection, question.migration, question.phase)
    people = _people(approval for approval in given if _is_of_this(approval, question))
    counted = [name for name in people if not _wrote(name, question)]
    evidence = {
        "asked": question.approvals,
        "checksum": question.checksum,
        "plan": question.plan_id,
        "counted": counted,
        "approvals": [_facts(a) for a in given],
    }
    numbers = f"approvals {len(counted)} {'>=' if len(counted) >= question.approvals else '<'} {question.approvals}"
    if question.authors is not None and question.authors.problem and len(counted) >= question.approvals:
        reason = f"{numbers} ({', '.join(counted)}), but who wrote the files is not known: {question.authors.problem}"
        return GateResult(NAME, GateStatus.UNKNOWN, reason, evidence)
    notes = [*_notes(question, given, people, counted)]
    if len(counted) >= question.approvals:
        return GateResult(NAME, GateStatus.OPEN, f"{numbers} ({'; '.join([', '.join(counted), *notes])})", evidence)
    known = [f"approved: {', '.join(counted)}"] if counted else []
    now = f"checksum now {question.checksum[:_SHORT]}" + (f", plan now {question.plan_id}" if question.plan_id else "")
    return GateResult(NAME, GateStatus.CLOSED, f"{numbers} ({'; '.join([*known, *notes, now])})", evidence)


def _notes(question: GateQuestion, given: Iterable[Approval], people: list[str], counted: list[str]) -> Iterable[str]:
    """Yield whose approval does not count, and why."""
    others = [approval for approval in given if _people([approval])[0] not in people]
    files = _people(approval for approval in others if approval.checksum != question.checksum)
    if files:
        yield f"{', '.join(files)} approved an older version of the files and must look again"
    plans = [name for name in _people(others) if name not in files]
    if plans:
        yield f"{', '.join(plans)} approved another plan and must look again"
    writers = [name for name in people if name not in counted]
    if writers:
        yield f"{', '.join(writers)} wrote the files, and somebody else has to approve them"


def _is_of_this(approval: Approval, question: GateQuestion) -> bool:
    """Whether files and plan are the ones approved; the version before bound approvals to the files alone."""
    plans = {None, question.plan_id}
    return approval.checksum == question.checksum and (question.plan_id is None or approval.plan_id in plans)


def _wrote(name: str, question: GateQuestion) -> bool:
    return question.authors is not None and name in question.authors.names


def _people(approvals: Iterable[Approval]) -> list[str]:
    """Return each person once, however the name was capitalised."""
    return sorted({approval.actor.strip().casefold() for approval in approvals})


def _facts(approval: Approval) -> dict[str, object]:
    return {
        "actor": approval.actor,
        "checksum": approval.checksum,
        "plan": approval.plan_id,
        "reason": approval.reason,
        "approved_at": approval.approved_at.isoformat(),
    }
