"""Sentences that every rule shares: the lock in PostgreSQL's words, the table, how long, and whom it blocks."""

from migrator.locks import LockLevel
from migrator.names import TableName


def takes(what: str, level: LockLevel, table: TableName | str, how_long: str) -> str:
    """Return `CREATE INDEX takes SHARE on public.t while the index is built. It blocks all writes; reads go on.`"""
    return f"{what} takes {level} on {table} {how_long}. It blocks {level.blocks}."


def statement_in_short(text: str, length: int = 60) -> str:
    """Return the statement on one line, cut."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
