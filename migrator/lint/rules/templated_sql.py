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

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Verdict
from migrator.lint.template import placeholders

CATEGORY = Category.ERROR


def check(file: FileContext) -> Iterator[Claim]:
    """Report each part that is not SQL and holds a placeholder."""
    for problem in file.problems:
        found = placeholders(file.source.text[problem.span.start : problem.span.end])
        if not found:
            continue
        syntaxes = " and ".join(sorted({placeholder.syntax for placeholder in found}))
        names = dict.fromkeys(placeholder.name for placeholder in found if placeholder.name)
        wanted = ", ".join(f'"{name}" = "…"' for name in names) or "at least one name"
        yield Claim(
            problem.line,
            f"The statement is a template ({syntaxes}): {found[0].text} is not SQL, so nothing can be said of it.",
            f"Lint the text that the template makes, or give the SQL that stands for each name in migrator.toml: "
            f"[lint.placeholders] with {wanted}.",
            verdict=Verdict.UNKNOWN,
            span=problem.span,
        )
