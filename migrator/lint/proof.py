"""Whether files show that a column holds no NULL: a CHECK that says so, validated in a statement of its own.

PostgreSQL skips the scan of SET NOT NULL for `c IS NOT NULL`, also within an AND, and for `NOT (c IS NULL)`; not for
`c > 0`, and not when VALIDATE or DROP CONSTRAINT stands in the same ALTER TABLE.
"""

from collections.abc import Iterable, Iterator

from migrator.lint.context import FileContext, Step
from migrator.names import TableName
from migrator.statements.facts.columns import definition
from migrator.statements.facts.nodes import table_name, words
from migrator.statements.parse import Node, pb


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
    return constraint.contype == pb.CONSTR_CHECK and _implies_not_null(constraint.raw_expr, column)


def _implies_not_null(expression: Node, column: str) -> bool:
    match expression.WhichOneof("node"):
        case "null_test":
            return _is_test(expression, column, pb.IS_NOT_NULL)
        case "bool_expr" if expression.bool_expr.boolop == pb.AND_EXPR:
            return any(_implies_not_null(part, column) for part in expression.bool_expr.args)
        case "bool_expr" if expression.bool_expr.boolop == pb.NOT_EXPR:
            return _is_test(expression.bool_expr.args[0], column, pb.IS_NULL)
        case _:
            return False


def _is_test(expression: Node, column: str, kind: int) -> bool:
    test = expression.null_test
    is_column = words(test.arg.column_ref.fields)[-1:] == [column]
    return expression.WhichOneof("node") == "null_test" and test.nulltesttype == kind and is_column
