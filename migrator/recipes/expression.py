"""An SQL expression that a person gave to a recipe: read by the grammar, and judged whether each row may differ."""

from migrator.errors import InputError, RecipeRefused
from migrator.schema.expressions import expression_text, parse_expression, walk
from migrator.statements.parse import Node, pb

_FIXED_FUNCTIONS = frozenset({"now", "transaction_timestamp", "statement_timestamp"})
"""Built-in functions that are not volatile and are used as defaults; any other call might be volatile."""
_PLAIN = (
    pb.A_Const,
    pb.TypeCast,
    pb.TypeName,
    pb.A_ArrayExpr,
    pb.SQLValueFunction,
    pb.Node,
    pb.String,
    pb.Integer,
    pb.Float,
    pb.Boolean,
    pb.BitString,
)


def read_expression(text: str, what: str) -> tuple[str, bool]:
    """Return the expression as the grammar prints it, and whether it may give each row another value.

    Raises:
        RecipeRefused: it is not one expression.
    """
    try:
        tree = parse_expression(text)
    except InputError as exc:
        raise RecipeRefused(f"The {what} cannot be used: {exc.situation}", exc.todo) from exc
    return expression_text(tree), may_vary(tree)


def may_vary(expression: Node) -> bool:
    """Return whether the server would have to compute the expression for every row; in doubt it would."""
    return not all(isinstance(part, _PLAIN) or _is_fixed_call(part) for part in walk(expression))


def _is_fixed_call(part: object) -> bool:
    if not isinstance(part, pb.FuncCall) or part.args:
        return False
    *schema, name = (node.string.sval for node in part.funcname)
    return name in _FIXED_FUNCTIONS and schema in ([], ["pg_catalog"])
