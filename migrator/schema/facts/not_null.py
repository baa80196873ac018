"""Whether a column surely holds no NULL already, so that SET NOT NULL needs no scan.

Source: `NotNullImpliedByRelConstraints`, which asks the planner's prover about the valid CHECKs: `c IS NOT NULL`, also
within an AND or as `NOT (c IS NULL)`; not `c > 0`, which a NULL passes.
"""

from migrator.schema.expressions import definition_of, parse_one
from migrator.schema.model import Constraint, Table
from migrator.statements.parse import Node, pb


def is_proven_not_null(table: Table, column: str) -> bool:
    """Return whether the column is NOT NULL, or a valid CHECK of the table says so."""
    known = table.column(column)
    if known is not None and known.is_not_null:
        return True
    return any(c.is_valid and c.is_enforced and proves_not_null(c, column) for c in table.constraints)


def proves_not_null(constraint: Constraint, column: str) -> bool:
    """Return whether no row that meets the constraint holds NULL in the column; validity is another question."""
    if constraint.kind != "check" or column not in constraint.columns:
        return constraint.kind == "not null" and constraint.columns == (column,)
    return implies_not_null(check_expression(constraint), column)


def check_expression(constraint: Constraint) -> Node:
    """Return the tree of a CHECK's expression."""
    node = parse_one(f"ALTER TABLE t ADD {constraint.definition}")
    return definition_of(node.alter_table_stmt.cmds[0].alter_table_cmd).constraint.raw_expr


def implies_not_null(expression: Node, column: str) -> bool:
    """Return whether the expression is false for a NULL in the column, as far as the server's prover sees."""
    match expression.WhichOneof("node"):
        case "null_test":
            return _is_test(expression, column, pb.IS_NOT_NULL)
        case "bool_expr" if expression.bool_expr.boolop == pb.AND_EXPR:
            return any(implies_not_null(part, column) for part in expression.bool_expr.args)
        case "bool_expr" if expression.bool_expr.boolop == pb.OR_EXPR:
            return all(implies_not_null(part, column) for part in expression.bool_expr.args)
        case "bool_expr" if expression.bool_expr.boolop == pb.NOT_EXPR:
            return _implied_by_negation(expression.bool_expr.args[0], column)
        case _:
            return False


def _implied_by_negation(expression: Node, column: str) -> bool:
    """NOT (a OR b) is NOT a AND NOT b; NOT NOT a is a."""
    match expression.WhichOneof("node"):
        case "bool_expr" if expression.bool_expr.boolop == pb.OR_EXPR:
            return any(_implied_by_negation(part, column) for part in expression.bool_expr.args)
        case "bool_expr" if expression.bool_expr.boolop == pb.AND_EXPR:
            return all(_implied_by_negation(part, column) for part in expression.bool_expr.args)
        case "bool_expr":
            return implies_not_null(expression.bool_expr.args[0], column)
        case _:
            return _is_test(expression, column, pb.IS_NULL)


def _is_test(expression: Node, column: str, kind: int) -> bool:
    if expression.WhichOneof("node") != "null_test":
        return False
    test = expression.null_test
    fields = test.arg.column_ref.fields
    return test.nulltesttype == kind and bool(fields) and fields[-1].string.sval == column
