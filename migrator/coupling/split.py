"""The commands that split a branch: what adds ships before the code, what removes after it."""

import os
import shlex
from collections.abc import Sequence

from migrator.coupling.case import Case, File
from migrator.coupling.evidence import Change, FileClass
from migrator.coupling.parts import first_deploy

_SHOWN = 20
"""More names than this do not fit a message; the folder's name does."""


def split_commands(case: Case) -> tuple[str, ...]:
    """Return the shell commands: a branch with the half that ships first, from where this one left its base.

    Of a release that a commit cuts into two halves, the command that proves it of the first.
    """
    evidence = case.evidence
    if (first := first_deploy(case)) is not None:
        return (f"migrator coupling check --range {evidence.base[:12]}..{first.commit[:12]}",)
    if is_code_first(case):
        return _branch(case, "code-first", "Code first", [f for f in case.files if not _is_schema(f)])
    return _branch(case, "schema-first", "Schema first", [f for f in case.migrations if f not in _contracts(case)])


def how_to_split(case: Case) -> str:
    """Return the commands as one sentence, and what follows."""
    if (first := first_deploy(case)) is not None:
        title = f", “{first.title}”" if first.title else ""
        return f"Deploy up to {first}{title} first, everywhere, and the rest in a later release."
    commands = " && ".join(split_commands(case))
    if case.evidence.parts:
        apart = "No commit of this release has one half alone."
        return f"{apart} Take the code out and ship it later, or begin with the schema: {commands}."
    return f"Split: {commands}. {what_follows(case)}"


def what_follows(case: Case) -> str:
    """Return what to do when the commands have run."""
    if first_deploy(case) is not None or case.evidence.parts:
        return ""
    if is_code_first(case):
        return (
            "Open a pull request for code-first and ship it first. What it no longer uses goes when it runs everywhere:"
            f" rebase this branch on it then.{_state(case)}"
        )
    last = _contracts(case)
    more = f" {shown(last)} removes: it ships last, when no code uses it any more." if last else ""
    return (
        "Open a pull request for schema-first and ship it first. Rebase this branch on it when it is deployed."
        f"{more}{_models(case)}"
    )


def is_code_first(case: Case) -> bool:
    """Whether the schema only removes: then the code ships first, because nothing may use what goes."""
    last = _contracts(case)
    return bool(last) and len(last) == len(case.migrations) and bool(case.code)


def _contracts(case: Case) -> list[File]:
    return [file for file in case.migrations if case.phase(file) == "contract"]


def _is_schema(file: File) -> bool:
    return file.file_class in {FileClass.MIGRATION, FileClass.SNAPSHOT}


def _state(case: Case) -> str:
    """Return how Django's models lose a field before the table does."""
    if not any(item.model for _, item in case.removed):
        return ""
    return (
        " In Django the models' change has a migration of its own: SeparateDatabaseAndState with the removal in"
        " state_operations, which changes no table."
    )


def _models(case: Case) -> str:
    """Return the policy that lets models come with what is made from them."""
    is_expand = all(case.phase(file) == "expand" for file in case.migrations)
    if not (is_expand and case.code and all(file.file_class is FileClass.MODEL for file in case.code)):
        return ""
    return (
        ' Where migrations are made from the models, models alone may go with an expand: models_with = "expand" in'
        " [coupling] says so."
    )


def _branch(case: Case, name: str, title: str, files: Sequence[File]) -> tuple[str, ...]:
    """Return the commands that put these files alone on a branch."""
    changes = list({id(file.change): file.change for file in files}.values())
    kept = [change.path for change in changes if change.status != "deleted"]
    gone = [path for change in changes for path in _gone(change)]
    commands = [f"git switch -c {name} {case.evidence.merge_base[:12]}"]
    if kept:
        commands.append(f"git checkout {case.evidence.head[:12]} -- {_names(kept)}")
    if gone:
        commands.append(f"git rm -- {_names(gone)}")
    return (*commands, f"git commit -m '{title}'", f"git push -u origin {name}")


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
        return " ".join(_quoted(path) for path in sorted(paths))
    folders = sorted({path.rpartition("/")[0] or "." for path in paths})
    return " ".join(_quoted(folder) for folder in folders)


def _quoted(path: str) -> str:
    """Return the path as a shell reads it, on one line: control characters by their bytes."""
    if path.isprintable():
        return shlex.quote(path)
    plain = (c if c.isprintable() and c not in "\\'" else _in_bytes(c) for c in path)
    return f"$'{''.join(plain)}'"


def _in_bytes(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
