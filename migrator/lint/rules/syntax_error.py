"""Text that the server's grammar does not accept.

Why:
    The server refuses the statement when it reaches it, perhaps after others of the file have already run. Nothing
    else can be said about a statement that cannot be read, so it is never counted as clean.

Bad:
    SELECT 1;
    ALTER TABLE users ADD COLUM mail text;

Good:
    SELECT 1;
    ALTER TABLE users ADD COLUMN mail text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Verdict
from migrator.lint.psql_commands import psql_command
from migrator.lint.template import placeholders
from migrator.statements.statement import SyntaxProblem

CATEGORY = Category.ERROR


def check(file: FileContext) -> Iterator[Claim]:
    """Report every part of the file that is not SQL."""
    for problem in file.problems:
        if (command := psql_command(file.source.text, problem)) is not None:
            yield Claim(
                problem.line,
                f"`\\{command.name}` is for psql, and no SQL: it {command.effect}.",
                command.todo,
                severity=command.severity,
                verdict=Verdict.UNKNOWN,
                span=problem.span,
            )
        elif not placeholders(file.written(problem.span)):  # templated-sql says what it is
            message = f"{problem.message.rstrip('.')} (column {problem.column})."
            yield Claim(problem.line, *_with_rest(file, problem, message))


def _with_rest(file: FileContext, problem: SyntaxProblem, message: str) -> tuple[str, str]:
    """What is not closed takes the rest of the file with it: that must be said."""
    lines = file.source.text.count("\n", problem.span.start, problem.span.end)
    if not problem.message.startswith("Unterminated"):
        return message, "Correct the statement: PostgreSQL 18's grammar does not accept it."
    rest = f" So nothing of the {lines} lines behind it is read." if lines > 1 else ""
    return f"{message}{rest}", "Close it where it ends: the server reads on until the end of the file, too."
