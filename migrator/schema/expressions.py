"""Expressions of SQL as trees: which columns they read, and a column renamed in them.

A column's name in text is a trap: it may be a function, a string or part of another name. Every rename therefore
goes through the server's own grammar. Called by the replay and by the recipes that copy indexes and constraints.
"""

from collections.abc import Iterable, Iterator
from typing import cast

from google.protobuf.message import Message

from migrator.errors import InputError
from migrator.names import literal, quote
from migrator.statements.parse import Node, deparse, parse_sql, pb


def walk(message: Message) -> Iterator[Message]:
    """Yield the message and every message inside it, outermost first."""
    yield message
    for child in children(message):
        yield from walk(child)


def children(message: Message) -> Iterator[Message]:
    """Yield the messages directly inside it."""
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            yield from cast("list[Message]", value) if descriptor.is_repeated else [cast("Message", value)]


def column_refs(message: Message) -> tuple[str, ...]:
    """Return the columns that an expression names, each once, in the order of the text."""
    if isinstance(message, pb.Node) and message.WhichOneof("node") == "null_test":
        message = message.null_test.arg  # the commonest CHECK of migrations, without a walk through the tree
    names = [_last_name(ref) for ref in walk(message) if isinstance(ref, pb.ColumnRef)]
    return tuple(dict.fromkeys(name for name in names if name))


def _last_name(ref: pb.ColumnRef) -> str:
    return ref.fields[-1].string.sval


def rename_column(message: Message, old: str, new: str) -> None:
    """Rename the column wherever an expression names it, in place."""
    for ref in walk(message):
        if isinstance(ref, pb.ColumnRef) and _last_name(ref) == old:
            ref.fields[-1].string.sval = new


def rename_in_list(names: Iterable[Node], old: str, new: str) -> None:
    """Rename the column in a list of plain names, such as the columns of a foreign key, in place."""
    for node in names:
        if node.string.sval == old:
            node.string.sval = new


def definition_of(message: "pb.AlterTableCmd | pb.AlterDomainStmt | pb.DefElem") -> Node:
    """Return the field that the grammar calls `def`, which Python cannot spell."""
    return cast("Node", getattr(message, "def"))


def expression_text(expression: Node) -> str:
    """Return an expression's tree as SQL text."""
    return _plain_text(expression) or _deparsed(expression)


def _plain_text(expression: Node) -> str | None:
    """Return the text of the commonest expressions, for which the deparser would take ten times as long."""
    match expression.WhichOneof("node"):
        case "a_const" if expression.a_const.WhichOneof("val") == "ival":
            return str(expression.a_const.ival.ival)
        case "a_const" if expression.a_const.WhichOneof("val") == "sval" and "\\" not in expression.a_const.sval.sval:
            return literal(expression.a_const.sval.sval)
        case "column_ref" if len(expression.column_ref.fields) == 1 and _last_name(expression.column_ref):
            return quote(_last_name(expression.column_ref))
        case "func_call" if _is_bare_call(expression.func_call):
            return f"{quote(expression.func_call.funcname[0].string.sval)}()"
        case "null_test" if not expression.null_test.argisrow:
            arg = _plain_text(expression.null_test.arg)
            kind = "IS NULL" if expression.null_test.nulltesttype == pb.IS_NULL else "IS NOT NULL"
            return f"{arg} {kind}" if arg and expression.null_test.arg.WhichOneof("node") == "column_ref" else None
        case _:
            return None


def _is_bare_call(call: pb.FuncCall) -> bool:
    """Whether the call is a name and nothing in its parentheses or behind them: `now()`."""
    return len(call.funcname) == 1 and {field.name for field, _ in call.ListFields()} <= _BARE


_BARE = frozenset({"funcname", "funcformat", "location"})


def _deparsed(expression: Node) -> str:
    target = Node(res_target=pb.ResTarget(val=expression))
    return deparse(Node(select_stmt=pb.SelectStmt(target_list=[target]))).removeprefix("SELECT ")


def parse_expression(text: str) -> Node:
    """Return the tree of an expression that a person wrote.

    Raises:
        InputError: it is not one expression.
    """
    parsed = parse_sql(f"SELECT {text}\n")
    targets = [target for statement in parsed.statements for target in statement.node.select_stmt.target_list]
    if parsed.problems or len(parsed.statements) != 1 or len(targets) != 1 or not _is_alone(parsed.statements[0].node):
        raise InputError(f"{text!r} is not an SQL expression.", "Write it as it would stand in a SELECT list.")
    return targets[0].res_target.val


def _is_alone(select: Node) -> bool:
    """Return whether the statement holds one expression and nothing else: no name, no star, no FROM or WHERE."""
    value = select.select_stmt.target_list[0].res_target.val
    is_star = any(isinstance(part, pb.A_Star) for part in walk(value.column_ref))
    return not is_star and deparse(select) == f"SELECT {expression_text(value)}"


def parse_one(text: str) -> Node:
    """Return the tree of one statement that we composed; a failure is a mistake of ours or of the catalog's text."""
    parsed = parse_sql(text)
    if parsed.problems or len(parsed.statements) != 1:
        raise InputError(f"This SQL cannot be read: {text}", "Check the definition that it was made from.")
    return parsed.statements[0].node


def is_deparsed_well(node: Node) -> bool:
    """Whether the text that the deparser makes of a statement means the same statement."""
    return _without_places(parse_one(deparse(node))) == _without_places(node)


def _without_places(node: Node) -> Node:
    """Return a copy that does not tell where its parts stood in a text."""
    copy = Node()
    copy.CopyFrom(node)
    for part in walk(copy):
        for descriptor, _ in part.ListFields():
            if descriptor.name in _PLACES:
                part.ClearField(descriptor.name)
    return copy


_PLACES = frozenset({"location", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"})
