"""Renders the status page: one page, no script, works with no migration at all. It only shows; it starts nothing."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from migrator import __version__
from migrator.pg.driver import Row
from migrator.phases.folder import PHASES
from migrator.phases.overview import Overview
from migrator.state.records import MigrationRecord
from migrator.state.transitions import ENDED
from migrator.web.attention import needs
from migrator.web.board import Board
from migrator.web.fresh import Aged
from migrator.web.lanes import PhaseState, phase_states, rows_passed

_REFRESH_SECONDS = 5
_LONGEST_DETAIL = 160
_ALIVE_SECONDS = 60.0
_MARKS = {"open": "✓", "closed": "✗", "unknown": "?"}
_LANE_MARKS = {PhaseState.DONE: "✓", PhaseState.BEGUN: "▶", PhaseState.FAILED: "✗", PhaseState.WAITING: "·"}


class Page:
    """Knows the template; `environment` is the name that operators know the database by."""

    def __init__(self, environment: str) -> None:
        templates = Environment(
            loader=PackageLoader("migrator.web"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates.filters.update(when=_when, thousands=_thousands, duration=_duration, name=_name)
        self._template = templates.get_template("status.html")
        self._environment = environment

    def render(self, aged: Aged[Board]) -> str:
        """Return the page for a board."""
        board = aged.value
        open_ones = [item for item in board.migrations if item.state not in _ended()]
        return self._template.render(
            board=board,
            age_seconds=aged.age_seconds,
            environment=self._environment,
            refresh_seconds=_REFRESH_SECONDS,
            tool_version=__version__,
            needs=needs(board),
            phases=PHASES,
            rows=[(item, _cells(item, board), _at_work(item)) for item in open_ones],
            ended=[item for item in board.migrations if item.state in _ended()],
            backfills=[(item, _bar(row)) for item in open_ones for row in item.backfills],
            deadlines=_deadlines(open_ones),
            events=[(event, _detail(event)) for event in board.events],
            marks=_MARKS,
        )


def _deadlines(items: Sequence[Overview]) -> list[tuple[date, Overview]]:
    dated = [(item.contract_by, item) for item in items if item.contract_by]
    return sorted(dated, key=lambda pair: (pair[0], pair[1].migration))


def _ended() -> set[str]:
    return {state.value for state in ENDED}


def _at_work(item: Overview) -> str:
    """Return what goes on right now, as its runner says; the next command is for when nothing does."""
    alive = [row for row in item.backfills if row["state"] == "running" and _is_alive(row["heartbeat_age_seconds"])]
    return f"backfill {', '.join(str(row['name']) for row in alive)} runs" if alive else ""


def _is_alive(age: object) -> bool:
    return isinstance(age, int | float) and age < _ALIVE_SECONDS


def _cells(item: Overview, board: Board) -> list[Mapping[str, object]]:
    """Return mark, word and time for each phase."""
    record = board.records.get(item.migration)
    return [
        {"mark": _LANE_MARKS[state], "state": state.value, "at": _reached_at(record, phase)}
        for phase, state in phase_states(item).items()
    ]


def _reached_at(record: MigrationRecord | None, phase: str) -> datetime | None:
    if record is None:
        return None
    return {"expand": record.expanded_at, "migrate": record.migrated_at, "contract": record.completed_at}[phase]


def _bar(row: Mapping[str, object]) -> Mapping[str, object]:
    """Return a backfill with its share; more rows than estimated are still not the end, and no estimate is no share."""
    passed, estimate = rows_passed(row), row["rows_estimate"]
    share = min(passed / estimate, 0.99) if isinstance(estimate, int) and estimate > 0 else None
    has_ended = row["state"] in {"finished", "verified"}
    return {**row, "passed": passed, "share": 1.0 if has_ended else share, "reason": _reason(row)}


def _reason(row: Mapping[str, object]) -> str:
    if row["cancelled"]:
        return f"cancelled: {row['cancelled']}"
    if row["operator_pause"]:
        return f"paused by {row['operator_pause']}"
    return str(row["throttled_by"] or "")


def _detail(event: Row) -> str:
    """Return the short facts of an event; evidence and manifests are long and stand in `migrator history`."""
    detail: Mapping[str, object] = event["detail"]
    if event["action"] == "state.changed":
        return f"{detail.get('from')} → {detail.get('to')}"
    if str(event["action"]).startswith("step."):
        error = f": {detail['error']}" if detail.get("error") else ""
        return _shortened(f"{detail.get('phase')} step {detail.get('step')}, {detail.get('name')}{error}")
    short = {key: value for key, value in detail.items() if isinstance(value, str | int | float) and value != ""}
    text = ", ".join(f"{key} {value if isinstance(value, str) else json.dumps(value)}" for key, value in short.items())
    return _shortened(text)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_DETAIL else f"{text[: _LONGEST_DETAIL - 1]}…"


def _name(text: str) -> Markup:
    """Return a name that is broken at its underscores when it does not fit, and not inside its words."""
    return Markup("_<wbr>").join(text.split("_"))


def _when(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else ""


def _thousands(number: object) -> str:
    return f"{number:,}".replace(",", "\u202f") if isinstance(number, int) else "?"


def _duration(seconds: object) -> str:
    if not isinstance(seconds, int | float):
        return "never"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
