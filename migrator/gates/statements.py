"""Gate `statements`: no statement that ran lately, on the primary or a replica, uses what the phase removes.

Reads pg_stat_statements of every server and compares with the readings before; `migrator statements record`, run by
a scheduler, makes them frequent. The texts are resolved: stars, whole rows, inserts without columns, views. Unknown
while a server was not watched for long enough, an entry was evicted or reset, a text is hidden, or a replica cannot
be asked. A statement that may use it is a doubt until `migrator gate ID --acknowledge QUERYID` answers it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from migrator.config import format_duration
from migrator.deploys.watching import Watched, watch_statements
from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.gates.removed_columns import read_names, used_names
from migrator.pg.statements import HIDDEN
from migrator.references.statement_use import Certainty, StatementUse, UsedName, use_of
from migrator.state.acknowledgements import acknowledged
from migrator.state.statements import Ran, ran_since, watched_servers

NAME = "statements"

_SHOWN = 5
_LONGEST_TEXT = 120


@dataclass(frozen=True, slots=True)
class _Found:
    ran: Ran
    use: StatementUse

    def __str__(self) -> str:
        text = " ".join((self.ran.text or "").split())
        cut = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."
        return f"query {self.ran.queryid} of {self.ran.role} on {self.ran.server} {self.use.why}: {cut}"


def evaluate(question: GateQuestion) -> GateResult:
    """Return closed with the statements that use it, unknown when one may or may be missed, else open."""
    names = used_names(question.connection, question.gone)
    if not names:
        return GateResult(NAME, GateStatus.OPEN, "the phase removes nothing that statements name")
    window = max(question.settings.gates.statements.window, question.soak)
    since = question.now - window
    watched = watch_statements(question.connection, question.settings)
    found = _found(question, names, since)
    vouched = acknowledged(question.connection, question.migration, NAME)
    sure = [each for each in found if each.use.certainty is Certainty.SURE]
    maybe = [each for each in found if each.use.certainty is Certainty.MAYBE and str(each.ran.queryid) not in vouched]
    evidence: dict[str, object] = {
        "since": since.isoformat(),
        "servers": [server.name for server in watched],
        "uses": [_facts(each) for each in sure],
        "may_use": [_facts(each) for each in maybe],
        "acknowledged": {subject: [a.actor, a.reason] for subject, a in vouched.items()},
    }
    if sure:
        return GateResult(NAME, GateStatus.CLOSED, f"statements {len(sure)} > 0 ({_listed(sure)})", evidence)
    doubts = [*_blind(question, watched, since)]
    if maybe:
        doubts.append(f"{len(maybe)} statements may use it ({_listed(maybe)}); look at them and --acknowledge each")
    if doubts:
        return GateResult(NAME, GateStatus.UNKNOWN, "; ".join(doubts), evidence)
    servers = ", ".join(server.name for server in watched)
    reason = f"statements 0 = 0 in the last {format_duration(window)} on {servers}"
    return GateResult(NAME, GateStatus.OPEN, reason, evidence)


def _found(question: GateQuestion, names: Sequence[UsedName], since: datetime) -> list[_Found]:
    catalog = read_names(question.connection)
    hidden = StatementUse(Certainty.MAYBE, "has a text that the server does not show; GRANT pg_read_all_stats")
    found: list[_Found] = []
    for ran in ran_since(question.connection, since):
        use = use_of(ran.text, names, catalog) if ran.text and ran.text != HIDDEN else hidden
        if use.certainty is not Certainty.NO:
            found.append(_Found(ran, use))
    return found


def _blind(question: GateQuestion, watched: Sequence[Watched], since: datetime) -> list[str]:
    known = watched_servers(question.connection)
    doubts: list[str] = []
    for server in watched:
        if server.problem:
            doubts.append(f"{server.name} {server.problem}")
            continue
        doubts += [f"{server.name} {doubt}" for doubt in server.doubts]
        record = known[server.name]
        if record.since > since:
            opens_at = record.since + (question.now - since)
            doubts.append(
                f"nothing is certain on {server.name} before {record.since:%Y-%m-%d %H:%M:%S %Z}, because"
                f" {record.broken_by} (enough at {opens_at:%Y-%m-%d %H:%M:%S %Z})"
            )
    return doubts


def _listed(found: Sequence[_Found]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return "; ".join(map(str, found[:_SHOWN])) + more


def _facts(found: _Found) -> dict[str, object]:
    ran = found.ran
    return {
        "queryid": str(ran.queryid),
        "server": ran.server,
        "role": ran.role,
        "text": ran.text,
        "why": found.use.why,
        "seen_at": ran.grew_at.isoformat(),
    }
