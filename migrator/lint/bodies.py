"""The SQL inside of DO blocks and functions: PL/pgSQL by libpg_query's own parser, LANGUAGE sql as plain SQL.

A DO block runs when the file runs, so its static statements are judged as if they stood in the file; those under an
IF or in a loop are taken to run. EXECUTE of a constant is read too, any other EXECUTE is opaque. Making a function
runs nothing, so its body is judged where the same file calls it, and is no finding before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrator.statements.facts.nodes import options, words
from migrator.statements.facts.volatility import function_names, is_known
from migrator.statements.parse import parse_plpgsql, parse_sql, pb
from migrator.statements.statement import Span, Statement

_QUERIES = ("sqlstmt", "expr", "query")
_LISTED = 3
"""Dynamic statements that a message quotes."""


_Tree = Mapping[str, "_Tree"] | Sequence["_Tree"] | str | int | None


@dataclass(frozen=True, slots=True)
class Body:
    """What runs when the block or function runs; `hidden` are the dynamic statements that nobody can read."""

    statements: tuple[Statement, ...]
    hidden: tuple[str, ...] = ()


def body_of(statement: Statement) -> Body | None:
    """Return the body of a DO block or of CREATE FUNCTION; None where it cannot be read, or is no such statement."""
    if statement.kind == "do_stmt":
        found = options(statement.node.do_stmt.args)
    elif statement.kind == "create_function_stmt":
        found = options(statement.node.create_function_stmt.options)
    else:
        return None
    if "as" not in found:
        return None  # BEGIN ATOMIC or RETURN, or nothing: libpg_query aborts when it looks for PL/pgSQL there
    language = found["language"].arg.string.sval.lower() if "language" in found else "plpgsql"
    if language == "plpgsql":
        return _plpgsql(statement, found)
    return _plain(statement, found) if language == "sql" else None


def called(statement: Statement, functions: Mapping[str, Body]) -> Body | None:
    """Return the bodies of the file's own functions that a SELECT or CALL runs; None when it runs an unknown one."""
    if statement.kind not in {"select_stmt", "call_stmt"} or not functions:
        return None
    names = [name for name in function_names(statement.node) if not is_known(name)]
    bodies = [functions.get(_bare(name)) for name in names]
    if not bodies or not all(bodies):
        return None
    known = [body for body in bodies if body]
    return Body(
        tuple(replace(inner, span=statement.span, line=statement.line) for body in known for inner in body.statements),
        tuple(text for body in known for text in body.hidden),
    )


def function_name(statement: Statement) -> str:
    """Return the bare name of the function that the statement makes."""
    return _bare(".".join(words(statement.node.create_function_stmt.funcname)))


def _bare(name: str) -> str:
    return name.rsplit(".", maxsplit=1)[-1]


def _plain(statement: Statement, found: Mapping[str, pb.DefElem]) -> Body | None:
    text = _source(found)
    parsed = parse_sql(text) if text else None
    if parsed is None or parsed.problems:
        return None
    return Body(tuple(_placed(inner, inner.text, statement, text) for inner in parsed.statements))


def _plpgsql(statement: Statement, found: Mapping[str, pb.DefElem]) -> Body | None:
    tree = parse_plpgsql(statement.text)
    if tree is None:
        return None
    text = _source(found)
    inner: list[Statement] = []
    hidden: list[str] = []
    for query, is_dynamic in _queries(tree):
        static = _constant(query) if is_dynamic else query
        parsed = parse_sql(static) if static is not None else None
        if parsed is None or parsed.problems:
            hidden.append(query)
        else:
            inner += (_placed(_without_into(each), query, statement, text) for each in parsed.statements)
    return Body(tuple(inner), tuple(hidden[:_LISTED]))


def _queries(node: _Tree) -> Iterator[tuple[str, bool]]:
    """Yield the text of each statement that the tree runs, in order, and whether it is dynamic."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in _STATEMENTS and isinstance(value, Mapping):
                yield from _own_queries(value, is_dynamic=key in _DYNAMIC)
            yield from _queries(value)
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for item in node:
            yield from _queries(item)


_DYNAMIC = frozenset({"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"})
_STATEMENTS = _DYNAMIC | {"PLpgSQL_stmt_execsql", "PLpgSQL_stmt_perform", "PLpgSQL_stmt_call", "PLpgSQL_stmt_fors"}


def _own_queries(statement: Mapping[str, Any], *, is_dynamic: bool) -> Iterator[tuple[str, bool]]:
    for name in _QUERIES:
        if name in statement:
            yield statement[name]["PLpgSQL_expr"]["query"], is_dynamic


def _without_into(statement: Statement) -> Statement:
    """SELECT … INTO fills a variable in PL/pgSQL, and makes a table anywhere else."""
    if statement.kind == "select_stmt":
        statement.node.select_stmt.ClearField("into_clause")
    return statement


def _constant(expression: str) -> str | None:
    """Return the value of an expression that is one string; None for what only the server can know."""
    (statement,) = parse_sql(f"SELECT {expression}").statements or (None,)
    targets = statement.node.select_stmt.target_list if statement else ()
    value = targets[0].res_target.val.a_const if len(targets) == 1 else None
    return value.sval.sval if value is not None and value.HasField("sval") else None


def _source(found: Mapping[str, pb.DefElem]) -> str:
    """Return the text between the quotes."""
    if "as" not in found:
        return ""
    argument = found["as"].arg
    return argument.string.sval or "".join(words(argument.list.items)[:1])


def _placed(inner: Statement, query: str, outer: Statement, body: str) -> Statement:
    """Put the inner statement at its place in the file; where quoting hides the place, at that of the outer one."""
    at = outer.text.find(query, max(outer.text.find(body), 0))
    if at < 0:
        return replace(inner, span=outer.span, line=outer.line)
    start = outer.span.start + at
    line = outer.line + outer.text.count("\n", 0, at)
    return replace(inner, span=Span(start, start + len(query)), line=line)
