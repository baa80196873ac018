"""Gate `dependencies`: nothing in the database still uses what the phase removes.

Asks the catalog (views, rules, policies, triggers, generated columns, publications, foreign keys of other tables,
BEGIN ATOMIC functions), what would vanish silently (indexes, constraints and statistics over a removed column that
the phase's file does not drop by name), and searches function bodies and jobs of pg_cron, which are text. What the
migration made itself and what its file removes is no evidence. What vanishes silently, and what may be a use, can be
answered by `migrator gate ID --acknowledge "index public.users_two_idx"`. Not seen: names that dynamic SQL puts
together, and queries of clients.
"""

from collections.abc import Sequence

from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.gates.scheduled_jobs import MAY_USE, job_uses
from migrator.pg.bodies import Removed, body_uses, row_names, trigger_argument_uses
from migrator.pg.dependencies import KINDS, Reach, Use, breaking, reach, vanishing, whole_row
from migrator.state.acknowledgements import Acknowledgement, acknowledged
from migrator.statements.effects import ObjectRef

NAME = "dependencies"

_SHOWN = 8
_UNCERTAIN = frozenset({"may name in dynamic SQL", MAY_USE})
_TO_BE_TOLD = _UNCERTAIN | {"vanishes with"}
"""What a person can answer; the rest would fail."""
_SEARCHED = KINDS - {"index", "trigger", "policy", "rule", "statistics", "publication", "extension", "schema"}
"""Kinds that function bodies are searched for; the others are practically never named in one."""


def evaluate(question: GateQuestion) -> GateResult:
    """Return closed with the names of the users, unknown when a use is possible or cannot be looked up, else open."""
    removes = tuple(dict.fromkeys(question.removes))
    unreadable = [ref for ref in removes if ref.kind not in KINDS]
    refs = [ref for ref in removes if ref.kind in KINDS]
    found = _uses(question, refs)
    vouched = _vouched(question, found)
    uses = [use for use in found if use.how not in _TO_BE_TOLD or use.user not in vouched]
    certain = [use for use in uses if use.how not in _UNCERTAIN]
    evidence = {
        "removes": [str(ref) for ref in removes],
        "uses": [{"user": use.user, "how": use.how, "object": str(refs[use.number])} for use in uses],
        "not_looked_up": [str(ref) for ref in unreadable],
        "acknowledged": {subject: [given.actor, given.reason] for subject, given in vouched.items()},
    }
    if certain:
        return GateResult(NAME, GateStatus.CLOSED, f"users {len(certain)} > 0 ({_words(certain, refs)})", evidence)
    if uses or unreadable:
        return GateResult(NAME, GateStatus.UNKNOWN, _doubt(uses, unreadable, refs), evidence)
    reason = (
        f"nothing else uses the {len(refs)} objects that the phase removes" if refs else "the phase removes nothing"
    )
    return GateResult(NAME, GateStatus.OPEN, reason, evidence)


def _vouched(question: GateQuestion, uses: Sequence[Use]) -> dict[str, Acknowledgement]:
    if not any(use.how in _TO_BE_TOLD for use in uses):
        return {}
    return acknowledged(question.connection, question.migration, NAME)


def _uses(question: GateQuestion, refs: Sequence[ObjectRef]) -> tuple[Use, ...]:
    connection = question.connection
    removed = reach(connection, refs)
    own = reach(connection, [ref for ref in (*question.makes, *question.keeps) if ref.kind in KINDS])
    tied = (*breaking(removed, own), *vanishing(removed, own))
    from_catalog = (
        *(use for use in tied if refs[use.number] not in question.renames),
        *whole_row(connection, removed, own),
    )
    gone = frozenset(question.gone)
    names = [
        _removed(question, number, ref, removed)
        for number, ref in enumerate(refs)
        if removed.targets[number] and ref.kind in _SEARCHED and ref in gone
    ]
    excused = removed.all | own.whole
    from_text = (
        *trigger_argument_uses(connection, names, excused),
        *body_uses(connection, names, excused),
        *(use for use in job_uses(connection, refs) if refs[use.number] in gone),
    )
    seen = {use.user for use in from_catalog}
    return (*from_catalog, *(use for use in from_text if use.user not in seen))


def _removed(question: GateQuestion, number: int, ref: ObjectRef, removed: Reach) -> Removed:
    if ref.kind != "column":
        return Removed(number, ref.kind, ref.schema, ref.name)
    tables = frozenset(address.objid for address in removed.targets[number])
    return Removed(number, ref.kind, ref.schema, ref.name, tables, row_names(question.connection, tables))


def _words(uses: Sequence[Use], refs: Sequence[ObjectRef]) -> str:
    shown = [f"{use.user} {use.how} {refs[use.number]}" for use in uses[:_SHOWN]]
    more = [f"and {len(uses) - _SHOWN} more"] if len(uses) > _SHOWN else []
    return "; ".join(shown + more)


def _doubt(uses: Sequence[Use], unreadable: Sequence[ObjectRef], refs: Sequence[ObjectRef]) -> str:
    parts = [_words(uses, refs)] if uses else []
    if unreadable:
        listed = ", ".join(str(ref) for ref in unreadable)
        parts.append(f"what uses {listed} cannot be looked up; look yourself and leave out this gate")
    return "; ".join(parts)
