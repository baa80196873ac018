"""Sentences that every rule shares: the lock in PostgreSQL's words, the table, how long, and whom it blocks."""

import shlex

from migrator.locks import LockLevel
from migrator.names import TableName


def takes(what: str, level: LockLevel, table: TableName | str, how_long: str) -> str:
    """Return `CREATE INDEX takes SHARE on public.t while the index is built. It blocks all writes; reads go on.`"""
    return f"{what} takes {level} on {table} {how_long}. It blocks {level.blocks}."


def new_migration(recipe: str, **options: object) -> str:
    """Return the command that renders the safe migration, as a shell reads it: `migrator new set-not-null --table …`.

    Options are the recipe's own; None leaves one away, True is a flag. Tests run every command of a rule's help.
    """
    words = ["migrator", "new", recipe]
    for name, value in options.items():
        if value is not None:
            words += [f"--{name.strip('_').replace('_', '-')}", *([] if value is True else [shlex.quote(str(value))])]
    return " ".join(words)


def statement_in_short(text: str, length: int = 60) -> str:
    """Return the statement on one line, cut."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
