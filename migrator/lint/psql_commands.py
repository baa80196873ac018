"""What psql's own commands do, in words: dumps and scripts hold them, and no server knows them."""

import re
from dataclasses import dataclass

from migrator.lint.finding import Severity
from migrator.statements.statement import SyntaxProblem

_NAME = re.compile(r"\\(?P<name>\w+|!|\?|[.])?[^\n]*\Z")


@dataclass(frozen=True, slots=True)
class PsqlCommand:
    """A command, and what is not judged because of it."""

    name: str
    effect: str
    todo: str
    severity: Severity


_WORDS = {
    "c": ("connects to another database, in which what follows runs: its schema is not known here", ""),
    "copy": ("copies rows between a file and a table", ""),
    "i": (
        "runs another file, which is not read here",
        "Lint that file as well, before this one, or put its text here.",
    ),
    "gexec": (
        "runs each value of the result as a statement, which nobody sees before",
        "Write the statements themselves.",
    ),
    "!": ("runs a command of the shell", ""),
    "if": ("decides which of the following lines run: all of them are judged", ""),
}
_SAME = {
    **dict.fromkeys(("c", "connect"), "c"),
    **dict.fromkeys(("i", "ir", "include", "include_relative"), "i"),
    **dict.fromkeys(("if", "elif", "else", "endif"), "if"),
    **{name: name for name in ("copy", "gexec", "!")},
}
_QUIET = frozenset(
    """restrict unrestrict echo qecho warn set unset timing pset encoding prompt a t x H f C o conninfo q quit
    errverbose watch""".split()
)
"""They change what psql prints or expects, and nothing in the database."""


def psql_command(text: str, problem: SyntaxProblem) -> PsqlCommand | None:
    """Return the command that was met in a file's text where SQL was expected; None where it was anything else."""
    match = _NAME.match(text.split("\n", problem.line)[problem.line - 1][problem.column - 1 :])
    if match is None:
        return None
    name = match["name"] or ""
    if name in _QUIET:
        todo = "Leave it for psql; any other runner needs the file without it."
        return PsqlCommand(name, "changes nothing in the database", todo, Severity.WARNING)
    effect, todo = _WORDS.get(_SAME.get(name, ""), ("is an instruction to psql", ""))
    severity = Severity.WARNING if _SAME.get(name) == "if" else Severity.ERROR
    return PsqlCommand(name, effect, todo or "Run the file by psql alone, or remove the line.", severity)
