"""Constants of CHECKs and bounds, compared as the server would compare them: what one test says about another.

Numbers and moments have an order that is known here. Of texts only sameness is: their order is the collation's.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt, ne

from migrator.statements.effects import Fact
from migrator.statements.parse import Node, pb

_OPERATORS = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "<>": ne}
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision", "oid")
_TEXTS = ("text", "character varying", "uuid", "boolean", '"char"', "name")


@dataclass(frozen=True, slots=True)
class Value:
    """A constant as it is written; `text` is None for what is no plain constant, such as `now()`."""

    text: str | None
    is_null: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """`is null`, `is not null`, or a comparison of the column with a constant."""

    operator: str
    value: Value | None = None


def value_of(node: Node) -> Value:
    """Return the constant, without its casts."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    if node.WhichOneof("node") != "a_const":
        return Value(None)
    return Value(_text_of(node.a_const), is_null=node.a_const.isnull)


def _text_of(constant: pb.A_Const) -> str | None:
    match constant.WhichOneof("val"):
        case "ival":
            return str(constant.ival.ival)
        case "fval":
            return constant.fval.fval
        case "boolval":
            return str(constant.boolval.boolval).lower()
        case "sval":
            return constant.sval.sval
        case _:
            return None


def follows(test: Test, wanted: Test, type_text: str) -> Fact:
    """Return whether the wanted test holds for every value of that type that passes the first."""
    if test.value is None or wanted.value is None:
        return Fact.YES if test == wanted else Fact.NO
    if test.operator == wanted.operator and test.value == wanted.value and test.value.text is not None:
        return Fact.YES
    if test.value.text is None or wanted.value.text is None:
        return Fact.UNKNOWN
    return _by_order(test.operator, test.value.text, wanted.operator, wanted.value.text, type_text)


def _by_order(operator: str, text: str, wanted: str, wanted_text: str, type_text: str) -> Fact:
    condition = _CONDITIONS.get((operator, wanted))
    if condition is None:
        return Fact.NO
    one, other = _comparable(text, type_text), _comparable(wanted_text, type_text)
    is_sameness = condition in ("=", "<>")
    if one is None or other is None or (not is_sameness and isinstance(one, str)):
        return Fact.UNKNOWN
    with suppress(TypeError, InvalidOperation):  # a moment with a zone and one without; NaN
        return Fact.YES if _OPERATORS[condition](one, other) else Fact.NO
    return Fact.UNKNOWN


def _comparable(text: str, type_text: str) -> Decimal | datetime | str | None:
    with suppress(ValueError, InvalidOperation):
        if type_text.startswith(_NUMBERS):
            return Decimal(text)
        if type_text.startswith(("date", "timestamp")):
            return datetime.fromisoformat(text)
        return text if type_text.startswith(_TEXTS) else None
    return None


_CONDITIONS = {
    **{("=", wanted): wanted for wanted in _OPERATORS},
    **{(operator, "<>"): condition for operator, condition in (("<", "<="), ("<=", "<"), (">", ">="), (">=", ">"))},
    ("<>", "<>"): "=",
    ("<", "<"): "<=",
    ("<", "<="): "<=",
    ("<=", "<"): "<",
    ("<=", "<="): "<=",
    (">", ">"): ">=",
    (">", ">="): ">=",
    (">=", ">"): ">",
    (">=", ">="): ">=",
}
"""How the constants must compare, so that one test follows from the other; source: `BT_implic_table` in predtest.c."""
