"""The commands that split a branch into schema first and code second; printed wherever the check fails."""

import shlex
from collections.abc import Sequence

from migrator.coupling.case import Case, File
from migrator.coupling.evidence import Change
from migrator.coupling.parts import first_deploy

_SHOWN = 20
"""More names than this do not fit a message; the folder's name does."""


def split_commands(case: Case) -> tuple[str, ...]:
    """Return the shell commands: a branch with the schema files alone, from where this one left its base.

    Of a release that a commit cuts into two halves, the command that proves it of the first.
    """
    evidence = case.evidence
    if (first := first_deploy(case)) is not None:
        return (f"migrator coupling check --range {evidence.base[:12]}..{first.commit[:12]}",)
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
    if (first := first_deploy(case)) is not None:
        title = f", “{first.title}”" if first.title else ""
        return f"Deploy up to {first}{title} first, everywhere, and the rest in a later release."
    commands = " && ".join(split_commands(case))
    if case.evidence.parts:
        apart = "No commit of this release has one half alone."
        return f"{apart} Take the code out and ship it later, or begin with the schema: {commands}."
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
