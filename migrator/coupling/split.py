"""The commands that split a branch into schema first and code second; printed wherever the check fails."""

import shlex
from collections.abc import Sequence

from migrator.coupling.case import Case, File
from migrator.coupling.evidence import Change

_SHOWN = 20
"""More names than this do not fit a message; the folder's name does."""


def split_commands(case: Case) -> tuple[str, ...]:
    """Return the shell commands: a branch with the schema files alone, from where this one left its base."""
    evidence = case.evidence
    changes = list({id(file.change): file.change for file in case.migrations}.values())
    kept = [change.path for change in changes if change.status != "deleted"]
    gone = [name for change in changes for name in _gone(change)]
    commands = [f"git switch -c schema-first {evidence.merge_base[:12]}"]
    if kept:
        commands.append(f"git checkout {evidence.head[:12]} -- {_names(kept)}")
    if gone:
        commands.append(f"git rm -- {_names(gone)}")
    return (*commands, "git commit -m 'Schema first'", "git push -u origin schema-first")


def how_to_split(case: Case) -> str:
    """Return the commands as one sentence, and what follows."""
    commands = " && ".join(split_commands(case))
    return f"Split: {commands}. Ship that, and rebase this branch on it when it is deployed."


def shown(files: Sequence[File]) -> str:
    """Return the files in words: `migrations/1/expand.sql, db/2.sql and 3 more`."""
    names = list(dict.fromkeys(file.path for file in files))
    few = 3
    more = f" and {len(names) - few} more" if len(names) > few else ""
    return ", ".join(names[:few]) + more


def _gone(change: Change) -> tuple[str, ...]:
    if change.status == "deleted":
        return (change.path,)
    return (change.old_path,) if change.status == "renamed" and change.old_path is not None else ()


def _names(paths: Sequence[str]) -> str:
    if len(paths) <= _SHOWN:
        return " ".join(shlex.quote(path) for path in sorted(paths))
    folders = sorted({path.rpartition("/")[0] or "." for path in paths})
    return " ".join(shlex.quote(folder) for folder in folders)
