"""Which rows an UPDATE or DELETE is about: all of them, some, or those of a few keys."""

from migrator.schema.model import Table
from migrator.statements.parse import Node, deparse, pb

_TAUTOLOGY = frozenset({"true", "1 = 1", "0 = 0", "'1' = '1'", "1 < 2"})


def concerns_all_rows(where: Node) -> bool:
    """Return whether the condition is missing, or true whatever the row."""
    kind = where.WhichOneof("node")
    if kind is None or where.a_const.boolval.boolval:
        return True
    is_constant = kind == "a_expr" and _is_constant(where.a_expr.lexpr) and _is_constant(where.a_expr.rexpr)
    return is_constant and _text(where) in _TAUTOLOGY


def concerns_few_rows(where: Node, table: Table | None = None) -> bool:
    """Return whether the condition names rows by constants: `id = 1`, `id IN (1, 2)`, `id BETWEEN 1 AND 100`.

    Of a table that is known, only columns of a unique index count: `state = 'new'` may be most of the rows.
    """
    kind = where.WhichOneof("node")
    if kind == "bool_expr" and where.bool_expr.boolop == pb.AND_EXPR:
        return any(concerns_few_rows(part, table) for part in where.bool_expr.args)
    return kind == "a_expr" and _is_by_constant(where.a_expr) and _may_be_key(where.a_expr.lexpr, table)


def _is_by_constant(expression: pb.A_Expr) -> bool:
    is_equal = [name.string.sval for name in expression.name] == ["="]
    is_between = expression.kind in (pb.AEXPR_BETWEEN, pb.AEXPR_BETWEEN_SYM)
    return (is_equal or is_between) and expression.lexpr.HasField("column_ref") and _is_constant(expression.rexpr)


def _may_be_key(column: Node, table: Table | None) -> bool:
    if table is None or table.is_incomplete:
        return True
    keys = {index.keys[0] for index in table.indexes if index.is_unique and index.keys}
    return not keys or column.column_ref.fields[-1].string.sval in keys


def _is_constant(node: Node) -> bool:
    match node.WhichOneof("node"):
        case "a_const":
            return True
        case "type_cast":
            return _is_constant(node.type_cast.arg)
        case "list":
            return all(_is_constant(item) for item in node.list.items)
        case _:
            return False


def _text(where: Node) -> str:
    target = pb.Node(res_target=pb.ResTarget(val=where))
    return deparse(pb.Node(select_stmt=pb.SelectStmt(target_list=[target]))).removeprefix("SELECT ")
