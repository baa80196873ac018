"""Whether files show that a column holds no NULL: a CHECK that says so, validated in a statement of its own.

PostgreSQL skips the scan of SET NOT NULL for `c IS NOT NULL`, also within an AND, and for `NOT (c IS NULL)`; not for
`c > 0`, and not when VALIDATE or DROP CONSTRAINT stands in the same ALTER TABLE.
"""

from collections.abc import Iterable, Iterator

from migrator.lint.context import FileContext, Step
from migrator.names import TableName
from migrator.schema.facts.not_null import implies_not_null
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import table_name, words
from migrator.statements.parse import pb


def is_proven_not_null(file: FileContext, step: Step, table: TableName, column: str) -> bool:
    """Return whether a valid constraint before the statement proves it, and stands when the statement has run."""
    proving: set[str] = set()
    valid: set[str] = set()
    for cmd in _commands(file.steps_before(step), table):
        if cmd.subtype == pb.AT_AddConstraint and _proves(definition(cmd).constraint, column):
            name = definition(cmd).constraint.conname
            proving.add(name)
            valid |= set() if definition(cmd).constraint.skip_validation else {name}
        elif cmd.subtype == pb.AT_ValidateConstraint:
            valid.add(cmd.name)
        elif cmd.subtype == pb.AT_DropConstraint:
            proving.discard(cmd.name)
    dropped_beside = {cmd.name for cmd in _commands((step,), table) if cmd.subtype == pb.AT_DropConstraint}
    return bool((proving & valid) - dropped_beside)


def _commands(steps: Iterable[Step], table: TableName) -> Iterator[pb.AlterTableCmd]:
    for step in steps:
        if step.statement.kind == "alter_table_stmt":
            statement = step.statement.node.alter_table_stmt
            if table_name(statement.relation) == table:
                yield from (node.alter_table_cmd for node in statement.cmds)


def _proves(constraint: pb.Constraint, column: str) -> bool:
    if constraint.contype == pb.CONSTR_NOTNULL:
        return words(constraint.keys) == [column]
    return constraint.contype == pb.CONSTR_CHECK and implies_not_null(constraint.raw_expr, column)
