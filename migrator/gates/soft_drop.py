"""Gate `soft_drop`: the columns that go were kept from every application for long enough, and nobody asked back.

`migrator softdrop on ID` takes them by column privileges. Roles that privileges do not bind (the owner, a superuser)
make it unknown, unless `[gates.soft_drop] bystanders` says that no application uses them.
"""

from migrator.config import format_duration
from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.gates.removed_columns import removed_columns
from migrator.gates.soak import in_words
from migrator.pg.grants import able_roles
from migrator.state.soft_drops import SoftDrop, active, last_reason

NAME = "soft_drop"

_SHOWN = 6


def evaluate(question: GateQuestion) -> GateResult:
    """Return closed while it is off or too young, unknown when it does not bind somebody, else open."""
    columns = removed_columns(question.connection, question.removes)
    if not columns:
        return GateResult(NAME, GateStatus.OPEN, "the phase removes no column")
    found = active(question.connection, question.migration)
    if found is None:
        last = last_reason(question.connection, question.migration)
        ended = f"the soft drop ended: {last}" if last else "there is no soft drop"
        return GateResult(NAME, GateStatus.CLOSED, f"{ended}; `migrator softdrop on {question.migration}`")
    return _judge(question, found, columns)


def _judge(question: GateQuestion, found: SoftDrop, columns: dict[int, list[str]]) -> GateResult:
    settings = question.settings.gates.soft_drop
    passed = question.now - found.began_at
    able = {u.role: u.why for u in (*found.unbound, *able_roles(question.connection, columns))}
    unbound = {role: why for role, why in able.items() if role not in settings.bystanders}
    evidence: dict[str, object] = {
        "began_at": found.began_at.isoformat(),
        "role": found.role,
        "unbound": unbound,
        "bystanders": list(settings.bystanders),
    }
    if found.role is not None:
        reason = f"the soft drop is on for the role {found.role} only"
        return GateResult(NAME, GateStatus.CLOSED, reason, evidence)
    held = format_duration(settings.held)
    if passed < settings.held:
        opens_at = found.began_at + settings.held
        reason = f"soft drop held {in_words(passed)} < {held} (opens at {opens_at:%Y-%m-%d %H:%M:%S %Z})"
        return GateResult(NAME, GateStatus.CLOSED, reason, evidence)
    if unbound:
        listed = ", ".join(f"{role} {why}" for role, why in list(unbound.items())[:_SHOWN])
        more = f" and {len(unbound) - _SHOWN} more" if len(unbound) > _SHOWN else ""
        reason = f"the soft drop does not bind {listed}{more}; let applications connect as another role, or name it in"
        return GateResult(NAME, GateStatus.UNKNOWN, f"{reason} [gates.soft_drop] bystanders", evidence)
    return GateResult(NAME, GateStatus.OPEN, f"soft drop held {in_words(passed)} >= {held}", evidence)
