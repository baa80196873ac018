"""The texts of a Python module, put together from f-strings, `+` and joins as far as they stand in it.

What is put in stands there as a name. Behind FROM and the like it is a table: the one that a constant of the module
says, or that the name itself tells (`{USERS_TABLE}`, `{User.__tablename__}`); else `PUT_IN`, which is no table.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from migrator.references.syntax_nodes import nodes_of

PUT_IN = "put_in_from_elsewhere"
TableOf = Callable[[str], str | None]
"""The table that an identifier of the code tells; None when it tells none."""

_BEFORE_TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY\s+)?[\"`]?\Z", re.IGNORECASE)
_TABLE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?\Z")
_OWNED = frozenset({"__tablename__", "__table__", "name", "fullname", "db_table", "_meta", "table", "table_name"})


def strings(tree: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Yield string literals with their values; what an f-string, `+` or a join puts in stands there as a name."""
    return texts_in(nodes_of(tree), lambda _: None)


def texts_in(nodes: Sequence[ast.AST], table_of: TableOf) -> Iterator[tuple[ast.expr, str]]:
    """Yield the same for the nodes of a module, with the tables that are put in."""
    texts = _Texts(dict(_constants(nodes)), table_of)
    inner: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call) and id(node) not in inner:
            text = texts.of(node)
            if text is not None:
                inner |= {id(child) for child in nodes_of(node)}
                yield node, text
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node, node.value


def _constants(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))) if _TABLE.match(value):
                yield name, value
            case _:
                pass


class _Texts:
    """Puts the texts of one module together."""

    def __init__(self, constants: dict[str, str], table_of: TableOf) -> None:
        self._constants = constants
        self._table_of = table_of

    def of(self, node: ast.expr) -> str | None:
        """Return the text of a literal, f-string, concatenation or join; None when no part of it is text."""
        match node:
            case ast.Constant(value=str(value)):
                return value
            case ast.JoinedStr(values=values):
                return self._joined(values, "", "")
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                before, after = self.of(left), self.of(right)
                return None if before is None and after is None else self._sum(left, before, right, after)
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=str(between)), attr="join"),
                args=[ast.List(elts=parts) | ast.Tuple(elts=parts)],
            ):
                return self._joined(parts, between, "")
            case _:
                return None

    def _joined(self, parts: Iterable[ast.expr], between: str, start: str) -> str:
        text = start
        for number, part in enumerate(parts):
            text += between if number else ""
            found = self.of(part)
            text += found if found is not None else self._put_in(part, text)
        return text

    def _sum(self, left: ast.expr, before: str | None, right: ast.expr, after: str | None) -> str:
        start = before if before is not None else f" {self._put_in(left, '')} "
        return start + (after if after is not None else f" {self._put_in(right, start)} ")

    def _put_in(self, node: ast.expr, before: str) -> str:
        if not _BEFORE_TABLE.search(before):
            return "x"
        return self._table(node.value if isinstance(node, ast.FormattedValue) else node) or PUT_IN

    def _table(self, node: ast.expr) -> str | None:
        match node:
            case ast.Constant(value=str(value)) if _TABLE.match(value):
                return value
            case ast.Name(id=name):
                return self._constants.get(name) or self._table_of(name)
            case ast.Attribute(value=owner, attr=name):
                told = self._constants.get(name) or self._table_of(name)
                return told or (self._table(owner) if name in _OWNED else None)
            case ast.Call(args=[first, *_]):
                return self._table(first)
            case _:
                return None
