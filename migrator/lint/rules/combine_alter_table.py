"""Changes one table in several statements.

Why:
    Each statement waits for the lock anew, and each may read the table anew. Off by default, because some must
    stand alone: SET NOT NULL together with VALIDATE or DROP CONSTRAINT reads the table under ACCESS EXCLUSIVE.

Bad:
    ALTER TABLE users ADD COLUMN plan text;
    ALTER TABLE users ADD COLUMN nick text;

Good:
    ALTER TABLE users ADD COLUMN plan text, ADD COLUMN nick text;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Category, Claim, Severity
from migrator.statements.parse import pb

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report ALTER TABLE that could stand in the one before."""
    previous = None
    for step in file.leaves:
        can_join = step.statement.kind == "alter_table_stmt" and _joins(step)
        if can_join and previous is not None and previous.effects.locks == step.effects.locks:
            yield step.claim(
                f"It waits for {step.effects.locks[0].table} a second time, after line {previous.statement.line}.",
                "Write the actions of both in one ALTER TABLE, with a comma between.",
                severity=SEVERITY,
            )
        previous = step if can_join else None


def _joins(step: Step) -> bool:
    """Only additions and settings of columns are surely the same in one statement."""
    commands = (node.alter_table_cmd.subtype for node in step.statement.node.alter_table_stmt.cmds)
    return bool(step.effects.locks) and all(
        kind in (pb.AT_AddColumn, pb.AT_ColumnDefault, pb.AT_SetStatistics) for kind in commands
    )
