"""Sets one column twice in an UPDATE, or names it twice in an INSERT.

Why:
    The server refuses the statement when it reaches it, perhaps after others of the file have already run.

Bad:
    UPDATE users SET mail = email, mail = lower(email) WHERE id = 1;

Good:
    UPDATE users SET mail = lower(email) WHERE id = 1;
"""

from collections import Counter
from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim

CATEGORY = Category.ERROR


def check(file: FileContext) -> Iterator[Claim]:
    """Report columns that are assigned more than once."""
    for step in file.of_kind("update_stmt", "insert_stmt"):
        for name, count in Counter(_columns(step)).items():
            if count > 1:
                yield step.claim(
                    f"{name} is assigned {count} times: the server refuses the statement.",
                    "Keep the one assignment that is meant.",
                )


def _columns(step: Step) -> Iterator[str]:
    node = step.statement.shape
    targets = node.update_stmt.target_list if step.statement.kind == "update_stmt" else node.insert_stmt.cols
    for target in targets:
        if not target.res_target.indirection:
            yield target.res_target.name
