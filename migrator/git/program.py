"""Running git: as a program, in the version that made the clone, with what a user set overridden.

Files of more than 5 MB are rows: their lines are not compared.
Settings and variables that change what git prints would change verdicts; replaced commits and grafts are in nobody
else's clone. What git refuses is said in its own words, with what helps against it.
"""

import os
import re
import subprocess
from pathlib import Path

from migrator.errors import InputError

_SETTINGS = (
    "core.quotePath=false",
    "core.bigFileThreshold=5m",
    "diff.noprefix=false",
    "diff.renameLimit=4000",
    "diff.submodule=short",
    "log.showSignature=false",
    "log.diffMerges=separate",
    "i18n.logOutputEncoding=UTF-8",
)
_PLAIN = tuple(word for setting in _SETTINGS for word in ("-c", setting))
_UNSET = ("GIT_DIFF_OPTS", "GIT_EXTERNAL_DIFF", "GIT_ICASE_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS")
_SET = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_TERMINAL_PROMPT": "0",
}
_INCOMPLETE = re.compile(
    r"promisor remote|Could not read from remote|bad object|missing (?:blob|tree|commit)|unable to read [0-9a-f]{40}"
    r"|object file .* is empty|loose object .* is corrupt"
)
_HELP = (
    (r"dubious ownership", "Another user owns the clone. Run the command that git names, or clone as this user."),
    (r"unknown (?:option|switch)|^usage: git", "This git is too old: install 2.20 or newer."),
    (r"not a git repository|must be run in a work tree", "Run it in the working tree of a git repository."),
    (r"Permission denied", "Let this user read the clone."),
)
FETCH = "Fetch the whole history."
"""What helps against a shallow clone; how to do that, each CI has its own way."""
_CLONE_AGAIN = "This clone is partial or damaged: let git reach the remote that it came from, or clone again, whole."
_OTHERWISE = "Correct what git says, and run it again."


class HistoryMissing(InputError):
    """The clone lacks commits or contents that the question is about."""


def run_git(folder: Path, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder to its end, whatever it says.

    Raises:
        InputError: there is no git that can be run.
    """
    command = ["git", "-C", str(folder), *_PLAIN, *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in _UNSET} | _SET
    try:
        return subprocess.run(command, capture_output=True, check=False, input=stdin, env=environment)
    except OSError as exc:
        raise InputError(f"git cannot be run: {exc.strerror}.", "Install git, and have it on the PATH.") from exc


def refused(command: str, done: subprocess.CompletedProcess[bytes]) -> InputError:
    """Return what git refused, and what helps."""
    said = done.stderr.decode(errors="replace")
    reason = " ".join(said.split()) or f"exit code {done.returncode}"
    situation = f"git {command} failed: {reason.removesuffix('.')}."
    if _INCOMPLETE.search(said):
        return HistoryMissing(situation, _CLONE_AGAIN)
    if said and "not a git repository" in said and (folder := os.environ.get("GIT_DIR")):
        return InputError(situation, f"The variable GIT_DIR says {folder}: correct or unset it.")
    found = (todo for pattern, todo in _HELP if re.search(pattern, said, re.MULTILINE))
    return InputError(situation, next(found, _OTHERWISE))
