"""Gate `backfill`: every backfill of the migration was verified, with nothing left and nothing different."""

from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.pg.driver import Row
from migrator.pg.queries import query

NAME = "backfill"
_WHOLE = 100.0


def evaluate(question: GateQuestion) -> GateResult:
    """Return open when all are verified clean, or when there is none."""
    if not question.backfills:
        return GateResult(NAME, GateStatus.OPEN, "the migration declares no backfill")
    found = {
        row["name"]: row
        for row in question.connection.execute(query("evidence.backfills", "migrator.gates"), _values(question))
    }
    problems = [problem for name in question.backfills if (problem := _problem(name, found.get(name)))]
    evidence = {"backfills": [_facts(name, found.get(name)) for name in question.backfills]}
    if problems:
        reason = f"unverified backfills {len(problems)} > 0 ({'; '.join(problems)})"
        return GateResult(NAME, GateStatus.CLOSED, reason, evidence)
    rows = sum(found[name]["rows_done"] for name in question.backfills)
    proofs = "; ".join(_proof(found[name]) for name in question.backfills)
    count = len(question.backfills)
    reason = f"verified backfills {count} = {count} ({rows} rows, 0 left, 0 different: {proofs})"
    return GateResult(NAME, GateStatus.OPEN, reason, evidence)


def _values(question: GateQuestion) -> dict[str, object]:
    return {"migration": question.migration}


def _problem(name: str, row: Row | None) -> str:
    """Say what is missing for this one; empty when it is verified clean. A count that is not there is not zero."""
    if row is None:
        return f"{name} has not begun"
    if row["state"] in {"pending", "running"}:
        estimate = f" of about {row['rows_estimate']}" if row["rows_estimate"] else ""
        return f"{name} is {row['state']}, {row['rows_done']}{estimate} rows done"
    if row["state"] != "verified":
        return f"{name} is {row['state']}, {_last_look(row)}"
    counts = {"left": row["remaining"], "different": row["different"]}
    wrong = [f"{'uncounted' if count is None else count} rows {what}" for what, count in counts.items() if count != 0]
    return f"{name} was verified with {' and '.join(wrong)}" if wrong else ""


def _last_look(row: Row) -> str:
    """Say what the last verification found, if there was one."""
    if row["verification"] is None:
        return "not verified"
    detail: Row = row["verification"]
    when = f"{row['verified_at']:%Y-%m-%d %H:%M}" if row["verified_at"] else ""
    if detail.get("sample", _WHOLE) != _WHOLE and not row["remaining"] and not row["different"]:
        return f"not verified: only a sample of {detail['sample']:g} % was looked at"
    counts = f"{row['remaining']} rows left, {row['different']} different, {row['quarantined']} set aside"
    return f"not verified: {counts} when it was looked at {when}".rstrip()


def _proof(row: Row) -> str:
    """Say what proves it: how many rows were looked at, where and when, and what they were asked."""
    detail: Row = row["verification"] or {}
    when = f" at {row['verified_at']:%Y-%m-%d %H:%M}" if row["verified_at"] else ""
    asked = detail.get("checked")
    looked = f"{detail.get('rows', 'all')} looked at on the {detail.get('on', 'primary')}{when}"
    # A hand-written statement without `where` leaves nothing to ask: that must not look like a comparison.
    return f"{row['name']} {looked}" + ("" if asked is None or asked else ", nothing to compare them with")


def _facts(name: str, row: Row | None) -> dict[str, object]:
    if row is None:
        return {"name": name, "state": None}
    times = {key: row[key].isoformat() if row[key] else None for key in ("finished_at", "verified_at")}
    kept = {key: row[key] for key in ("name", "state", "rows_done", "remaining", "different", "quarantined")}
    return {**kept, **times, "verification": row["verification"]}
