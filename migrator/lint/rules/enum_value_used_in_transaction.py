"""Uses a new enum value in the transaction that adds it.

Why:
    A value that ALTER TYPE … ADD VALUE adds may be used only after COMMIT: the server answers `unsafe use of new
    value`, also for a DEFAULT.

Bad:
    BEGIN;
    ALTER TYPE mood ADD VALUE 'curious';
    UPDATE users SET mood = 'curious' WHERE id = 1;
    COMMIT;

Good:
    ALTER TYPE mood ADD VALUE 'curious';
    UPDATE users SET mood = 'curious' WHERE id = 1;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim
from migrator.statements.facts.volatility import nodes_of
from migrator.statements.parse import pb

CATEGORY = Category.ERROR


def check(file: FileContext) -> Iterator[Claim]:
    """Report the literals that are values added earlier in the same transaction."""
    if not file.of_kind("alter_enum_stmt"):
        return
    for steps in file.transactions.groups.values():
        added: dict[str, int] = {}
        for step in steps:
            if step.statement.kind == "alter_enum_stmt":
                added[step.statement.node.alter_enum_stmt.new_val] = step.statement.line
            elif used := added.keys() & _literals(step):
                value = min(used)
                yield step.claim(
                    f"{value!r} was added to its enum on line {added[value]} of the same transaction: the server "
                    "refuses to use it before COMMIT (unsafe use of new value).",
                    "Put COMMIT between the two.",
                )


def _literals(step: Step) -> set[str]:
    every = (node for node in nodes_of(step.statement.node) if isinstance(node, pb.A_Const))
    return {node.sval.sval for node in every if node.HasField("sval")}
