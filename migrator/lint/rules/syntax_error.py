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
from migrator.lint.finding import Category, Claim
from migrator.lint.template import placeholders

CATEGORY = Category.ERROR


def check(file: FileContext) -> Iterator[Claim]:
    """Report every part of the file that is not SQL."""
    for problem in file.problems:
        if placeholders(file.written(problem.span)):
            continue  # templated-sql says what it is
        message = f"{problem.message.rstrip('.')} (column {problem.column})."
        yield Claim(problem.line, message, "Correct the statement: PostgreSQL 18's grammar does not accept it.")
