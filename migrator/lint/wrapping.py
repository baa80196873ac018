"""How the runners of other migration tools send a file: in one transaction, statement by statement, or in one message.

Several statements in one message run in one transaction, without any BEGIN: the server's simple protocol does that. A
tool that only leaves BEGIN away therefore runs a single statement outside of a transaction, and two inside of one.
"""

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from migrator.lint.finding import Edit
from migrator.statements.statement import Span


class Sending(Enum):
    """What surrounds the statements of a file."""

    WRAPPED = "in one transaction"
    SINGLY = "each on its own"
    TOGETHER = "in one message"


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How a file is sent; `is_said` when the file itself says so, and it is not only the tool's habit."""

    sending: Sending
    is_said: bool = False
    opt_out: str = ""
    """How its runner is told to use no transaction, as a clause; empty where there is no such way."""
    edit: Edit | None = None
    """The change of the file that tells it for this half alone; None where it speaks of more."""


TOOLS = ("dbmate", "goose", "sql_migrate", "node_pg_migrate", "tern")
"""The tools that keep both ways in one file."""


class Mark(NamedTuple):
    """A comment at which one way ends and another begins."""

    tool: str
    line: str
    start: int
    end: int
    """Behind its line."""
    is_back: bool


class _Switch(NamedTuple):
    """How a tool that wraps each half is told not to, and how it sends the statements then."""

    off: re.Pattern[str]
    is_on_line: bool
    """Whether it stands behind the mark, for that half alone, or anywhere in the file."""
    sending: Sending
    opt_out: str
    addition: str = ""


_SWITCHES = {
    "dbmate": _Switch(
        re.compile(r"transaction:\s*false", re.IGNORECASE),
        is_on_line=True,
        sending=Sending.TOGETHER,
        opt_out="write `transaction:false` behind its mark, with a single statement in the file",
        addition=" transaction:false",
    ),
    "goose": _Switch(
        re.compile(r"^--\s*\+goose\s+NO\s+TRANSACTION\b", re.IGNORECASE | re.MULTILINE),
        is_on_line=False,
        sending=Sending.SINGLY,
        opt_out="write `-- +goose NO TRANSACTION` at the top of the file",
    ),
    "sql_migrate": _Switch(
        re.compile("notransaction", re.IGNORECASE),
        is_on_line=True,
        sending=Sending.SINGLY,
        opt_out="write `notransaction` behind its mark",
        addition=" notransaction",
    ),
    "tern": _Switch(
        re.compile(r"^---- tern: disable-tx ----", re.MULTILINE),
        is_on_line=False,
        sending=Sending.TOGETHER,
        opt_out="write `---- tern: disable-tx ----` into it",
    ),
}
_SQLX_OFF = re.compile(r"\ufeff?-- no-transaction\b[^\n]*\n?")
_BREAKPOINT = re.compile(r"^--> statement-breakpoint", re.MULTILINE)
_LIQUIBASE = re.compile(r"\ufeff?--\s*liquibase formatted sql", re.IGNORECASE)
_CHANGESET = re.compile(r"^--\s*changeset\b(?P<options>[^\n]*)\n?", re.IGNORECASE | re.MULTILINE)
_FLYWAY = re.compile(r"(?:[VUB]\d[\w.]*|R)__.*\.sql")
_FLYWAY_LEAVES = re.compile(
    r"\bINDEX\s+CONCURRENTLY\b|^\s*(?:VACUUM|REINDEX|ALTER\s+SYSTEM|(?:CREATE|DROP)\s+(?:DATABASE|TABLESPACE))\b",
    re.IGNORECASE | re.MULTILINE,
)
"""What Flyway runs without a transaction on its own."""
_OFF = re.compile(r"^\s*(?:executeInTransaction|run_in_transaction)\s*=\s*false\b", re.IGNORECASE | re.MULTILINE)
_PRISMA = re.compile(r"\d{14}_")


def of_mark(text: str, mark: Mark) -> Wrapping:
    """Return how the half of a file is sent that begins at this mark."""
    if (switch := _SWITCHES.get(mark.tool)) is None:
        return _wrapped("")
    if switch.off.search(mark.line if switch.is_on_line else text):
        return Wrapping(switch.sending, is_said=True)
    at = mark.start + len(mark.line)
    return _wrapped(switch.opt_out, Edit(Span(at, at), switch.addition) if switch.addition else None)


def of_file(path: Path, text: str) -> tuple[Wrapping | None, int]:
    """Return how a file without marks is sent, and the place for a first statement."""
    if (first := _SQLX_OFF.match(text)) is not None:
        return Wrapping(Sending.TOGETHER, is_said=True), first.end()
    if _LIQUIBASE.match(text) is not None:
        return _of_liquibase(text)
    if "--> statement-breakpoint" in text and _BREAKPOINT.search(text) is not None:
        return _wrapped(""), 0
    return _by_name(path, text), 0


def _by_name(path: Path, text: str) -> Wrapping | None:
    name = path.name
    if name in {"up.sql", "down.sql"}:
        return _unless_off(path.with_name("metadata.toml"), "run_in_transaction = false", Sending.TOGETHER)
    if name.endswith((".up.sql", ".down.sql")) or (name == "migration.sql" and _PRISMA.match(path.parent.name)):
        return Wrapping(Sending.TOGETHER)
    if not _FLYWAY.fullmatch(name):
        return None
    if _FLYWAY_LEAVES.search(text):
        return Wrapping(Sending.SINGLY)
    return _unless_off(path.with_name(f"{name}.conf"), "executeInTransaction=false", Sending.SINGLY)


def _unless_off(settings: Path, line: str, sending: Sending) -> Wrapping:
    if _is_off(settings):
        return Wrapping(sending, is_said=True)
    return _wrapped(f"write `{line}` into {settings.name} beside it")


def _of_liquibase(text: str) -> tuple[Wrapping | None, int]:
    """A changeset is a transaction; where each of several is one, what surrounds a statement is not told here."""
    sets = list(_CHANGESET.finditer(text))
    start = sets[0].end() if sets else 0
    is_off = ["runintransaction:false" in found["options"].lower() for found in sets]
    if sets and all(is_off):
        return Wrapping(Sending.SINGLY, is_said=True), start
    if len(sets) == 1:
        at = sets[0].start() + len(sets[0][0].rstrip())
        edit = Edit(Span(at, at), " runInTransaction:false")
        return _wrapped("write `runInTransaction:false` behind its changeset", edit), start
    return (Wrapping(Sending.SINGLY) if sets else None), start


def _wrapped(opt_out: str, edit: Edit | None = None) -> Wrapping:
    return Wrapping(Sending.WRAPPED, opt_out=opt_out, edit=edit)


def _is_off(settings: Path) -> bool:
    """Whether the file beside a migration switches its transaction off."""
    try:
        return _OFF.search(settings.read_text(encoding="utf-8", errors="replace")) is not None
    except OSError:
        return False
