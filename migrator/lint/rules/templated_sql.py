"""A template's placeholder where SQL is expected.

Why:
    The server never sees this text: something fills the placeholder first. What it fills in decides about locks and
    tables, so the statement cannot be judged as it stands, and counts as not read. The other statements are judged.

Bad:
    ALTER TABLE {{ schema }}.users ADD COLUMN mail text;

Good:
    -- or, in migrator.toml: [lint.placeholders] with schema = "public"
    ALTER TABLE public.users ADD COLUMN mail text;
"""

import re
from collections.abc import Iterator, Sequence

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim, Severity, Verdict
from migrator.lint.psql_commands import psql_command
from migrator.lint.template import Placeholder, placeholders, placeholders_in_names
from migrator.statements.facts.volatility import nodes_of
from migrator.statements.parse import pb

CATEGORY = Category.ERROR

_PARAMETER = re.compile(r"\$\d")
_HAVE_PARAMETERS = frozenset({"create_function_stmt", "prepare_stmt"})


def check(file: FileContext) -> Iterator[Claim]:
    """Report each part that is not SQL and holds a placeholder, and what the server would take for something else."""
    yield from _tags(file)
    for problem in file.problems:
        found = placeholders(file.written(problem.span))
        if found and psql_command(file.source.text, problem) is None:  # syntax-error says what that is
            yield Claim(
                problem.line,
                f"The statement is a template ({_syntaxes(found)}): {found[0].text} is not SQL, so nothing can be said "
                "of it.",
                _configure(found),
                verdict=Verdict.UNKNOWN,
                span=problem.span,
            )
    for step in file.steps:
        if found := placeholders_in_names(step.statement.text):
            message = f"The name {found[0].text} is a template ({_syntaxes(found)}): what it stands for is not known."
            yield step.claim(message, _configure(found), verdict=Verdict.UNKNOWN)
        elif number := _parameter(step):
            yield step.claim(
                f"The statement takes a parameter, ${number}, which only a driver gives: run as a file, it fails.",
                "Write the value itself; DDL takes no parameters at all.",
                verdict=Verdict.UNKNOWN,
            )


def _tags(file: FileContext) -> Iterator[Claim]:
    if tags := file.filling.tags:
        yield Claim(
            file.filling.text.count("\n", 0, tags[0].span.start) + 1,
            f"The file is a template ({_syntaxes(tags)}): {tags[0].text} is not SQL. Its statements are judged in the "
            "order in which they stand, as if each ran once.",
            "Lint the text that the template makes, to have the branches judged that really run.",
            severity=Severity.WARNING,
            verdict=Verdict.UNKNOWN,
            span=tags[0].span,
        )


def _syntaxes(found: Sequence[Placeholder]) -> str:
    return " and ".join(sorted({placeholder.syntax for placeholder in found}))


def _configure(found: Sequence[Placeholder]) -> str:
    names = dict.fromkeys(placeholder.name for placeholder in found if placeholder.name)
    if not names:
        return "Lint the text that the template makes."
    wanted = ", ".join(f'"{name}" = "…"' for name in names)
    return (
        "Lint the text that the template makes, or give the SQL that stands for each name in migrator.toml: "
        f"[lint.placeholders] with {wanted}."
    )


def _parameter(step: Step) -> int | None:
    """Return the number of a parameter that stands where nothing gives it a value."""
    if step.statement.kind in _HAVE_PARAMETERS or not _PARAMETER.search(step.statement.text):
        return None
    return next((node.number for node in nodes_of(step.statement.node) if isinstance(node, pb.ParamRef)), None)
