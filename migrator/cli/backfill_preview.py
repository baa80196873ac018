"""How `migrator backfill run --dry-run` looks."""

from dataclasses import asdict
from typing import Any

from migrator.backfill.preview import Preview
from migrator.cli.context import Session
from migrator.clock import SystemClock
from migrator.events import Events
from migrator.phases.backfills import previews, requests
from migrator.phases.folder import Migration


def show_preview(session: Session, migration: Migration, name: str | None) -> None:
    """Print what a run of the migration's backfills (or one) would do."""
    settings = session.settings.only(session.env)
    found = previews(requests(session.dsn(), settings, SystemClock(), Events(), migration, name))
    session.show(as_data(found), lambda: as_text(found))


def as_data(found: tuple[Preview, ...]) -> dict[str, Any]:
    """Return the values for `--format json`."""
    return {"backfills": [{**asdict(each), "seconds_estimate": each.seconds_estimate} for each in found]}


def as_text(found: tuple[Preview, ...]) -> str:
    """Return the plan, the first batch's SQL and what the server would do with it."""
    return "\n\n".join(_one(each) for each in found) or "The migration has no backfill."


def _one(found: Preview) -> str:
    rows = "an unknown number of rows" if found.rows_estimate is None else f"about {found.rows_estimate:,} rows"
    time = "" if found.seconds_estimate is None else f", {found.seconds_estimate:,.0f} s at 50,000 rows/s"
    stripes = f"up to {found.stripes} stripes per window"
    lines = [
        f"{found.name}: {found.table}, {found.way}; {rows}{time}",
        f"  partitions: {', '.join(found.parts)}" if found.parts else "",
        f"  {stripes}" if found.stripes > 1 else f"  plain ranges: {found.why_not_striped or 'as the source asks'}",
        *(f"\n  first batch:\n    {_indented(each.text)}\n  plan:" for each in found.statements[:1]),
        *(f"    {line}" for each in found.statements[:1] for line in each.plan),
    ]
    return "\n".join(line for line in lines if line)


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")
