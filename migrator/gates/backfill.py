"""Gate `backfill`: every backfill of the migration was verified, with nothing left and nothing different."""

from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.pg.driver import Row
from migrator.pg.queries import query

NAME = "backfill"


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
    reason = (
        f"verified backfills {len(question.backfills)} = {len(question.backfills)} ({rows} rows, 0 left, 0 different)"
    )
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
        return f"{name} is {row['state']}, not verified"
    counts = {"left": row["remaining"], "different": row["different"]}
    wrong = [f"{'uncounted' if count is None else count} rows {what}" for what, count in counts.items() if count != 0]
    return f"{name} was verified with {' and '.join(wrong)}" if wrong else ""


def _facts(name: str, row: Row | None) -> dict[str, object]:
    if row is None:
        return {"name": name, "state": None}
    verified_at = row["verified_at"].isoformat() if row["verified_at"] else None
    kept = {key: row[key] for key in ("name", "state", "rows_done", "remaining", "different")}
    return {**kept, "verified_at": verified_at}
