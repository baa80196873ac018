"""The names that the server makes for indexes and constraints when none is given.

Source: `makeObjectName`, `ChooseRelationName`, `ChooseIndexColumnNames` and `FigureIndexColname` of PostgreSQL;
`tests/recipes/test_replay.py` compares the result with live servers.
"""

from collections.abc import Callable, Iterable

from migrator.names import MAX_BYTES
from migrator.statements.parse import Node, pb


def choose_name(table: str, columns: str, label: str, is_taken: Callable[[str], bool]) -> str:
    """Return `table_columns_label`, with the first number behind the label that makes it a free name."""
    name, number = _object_name(table, columns, label), 0
    while is_taken(name):
        number += 1
        name = _object_name(table, columns, f"{label}{number}")
    return name


def _object_name(table: str, columns: str, label: str) -> str:
    """Cut the longer of the two parts until the whole fits."""
    first, second = table.encode(), columns.encode()
    room = MAX_BYTES - len(label.encode()) - 1 - bool(second)
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    parts = (first.decode(errors="ignore"), second.decode(errors="ignore"), label)
    return "_".join(part for part in parts if part)


def index_words(elements: Iterable[Node]) -> str:
    """Return the part of an index's name that tells its columns: `email_lower_expr`."""
    words: list[str] = []
    for element in elements:
        word = element.index_elem.name or _word_for(element.index_elem.expr)
        free, number = word, 0
        while free in words:
            number += 1
            free = f"{word[: MAX_BYTES - len(str(number))]}{number}"
        words.append(free)
    return "_".join(words)


def _word_for(expression: Node) -> str:
    return _figured(expression) or "expr"


def _figured(expression: Node) -> str:  # noqa: PLR0911 one return per kind of node, as in the server
    match expression.WhichOneof("node"):
        case "func_call":
            return expression.func_call.funcname[-1].string.sval
        case "column_ref":
            return expression.column_ref.fields[-1].string.sval
        case "type_cast":
            return _figured(expression.type_cast.arg) or expression.type_cast.type_name.names[-1].string.sval
        case "collate_clause":
            return _figured(expression.collate_clause.arg)
        case "coalesce_expr":
            return "coalesce"
        case "case_expr":
            return _figured(expression.case_expr.defresult) or "case"
        case "min_max_expr":
            return "greatest" if expression.min_max_expr.op == pb.IS_GREATEST else "least"
        case _:
            return ""
