"""Which tables and columns a SQL text uses; every name goes to the table that it can mean, or to all that it can.

Read with sqlglot, which keeps the places of names. A star, a whole row (`row_to_json(u)`), an insert without columns
and COPY of a table are all columns. What is not understood is said, so that the caller compares words instead.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from migrator.references.known import Known
from migrator.references.reference import Confidence, Place, Reference, Usage

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of each statement that it does not know; we say so

_PARAMETER = re.compile(r"\$(\d+)")
_INNER = re.compile(
    r"\A\s*(?:DECLARE\s+.*?\bCURSOR\b.*?\bFOR\b|EXPLAIN\s*(?:\([^)]*\)|(?:ANALYZE|VERBOSE)\b|\s)*"
    r"|PREPARE\s+\S+(?:\s*\([^)]*\))?\s+AS\b)",
    re.IGNORECASE | re.DOTALL,
)
_HARMLESS = re.compile(
    r"\A\s*(?:BEGIN|START|COMMIT|ROLLBACK|ABORT|END|SAVEPOINT|RELEASE|SET|RESET|SHOW|FETCH|MOVE|CLOSE|DEALLOCATE|DISCARD"
    r"|LISTEN|UNLISTEN|NOTIFY|CHECKPOINT|VACUUM|ANALYZE)\b",
    re.IGNORECASE,
)
_STATEMENTS = (
    *(exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.DDL, exp.Drop, exp.Alter),
    *(exp.TruncateTable, exp.Copy, exp.Set, exp.Transaction, exp.Commit, exp.Rollback),
    *(exp.Comment, exp.Grant, exp.Analyze, exp.Show),
)
"""What sqlglot calls a statement; it also reads a lone word as an expression, which is no SQL that anybody runs."""
_QUERIES = (exp.Select, exp.Update, exp.Delete, exp.Insert, exp.Merge)


@dataclass(frozen=True, slots=True)
class SqlUse:
    """The references of a text; `is_understood` is False when a part of it was not."""

    references: tuple[Reference, ...]
    is_understood: bool


def references_in_sql(text: str, known: Known, path: str = "", line: int = 1, column: int = 1) -> SqlUse:
    """Return what the SQL uses.

    Args:
        text: one or more statements; parameters may be written `$1`, `%s`, `%(name)s`, `:name` or `?`.
        known: the tables.
        path: of the file that it stands in.
        line: of its first character in the file.
        column: of its first character in that line.
    """
    readable = _PARAMETER.sub(r"$\1 ", text)  # sqlglot reads `$1,$2` as a dollar quote
    try:
        trees = parse(readable, dialect="postgres")
    except (SqlglotError, RecursionError):
        return SqlUse((), is_understood=False)
    found: list[Reference] = []
    is_understood = True
    for tree in trees:
        if isinstance(tree, exp.Command):
            inner = _command(tree, known, path, line, column)
            is_understood &= inner.is_understood
            found += inner.references
        elif tree is not None:
            is_understood &= isinstance(tree, _STATEMENTS)
            found += _Reader(tree, known, path, line, column).read()
    return SqlUse(tuple(dict.fromkeys(found)), is_understood)


def _command(tree: exp.Command, known: Known, path: str, line: int, column: int) -> SqlUse:
    """Read what sqlglot passes over: the query inside of DECLARE, EXPLAIN and PREPARE."""
    rest: object = tree.args.get("expression")
    text = f"{tree.this} {rest.name if isinstance(rest, exp.Expr) else rest or ''}"
    head = _INNER.match(text)
    if head is not None and head.end() < len(text):
        return references_in_sql(text[head.end() :], known, path, line, column)
    return SqlUse((), is_understood=_HARMLESS.match(text) is not None)


@dataclass(frozen=True, slots=True)
class _Table:
    """A real table as a query names it; `identifier` is where."""

    schema: str | None
    name: str
    identifier: exp.Identifier


_Sources = dict[str, _Table | None]
"""Alias -> table; None for a subquery, CTE or function, whose columns were found where it is written."""


class _Reader:
    """Reads one statement."""

    def __init__(self, tree: exp.Expr, known: Known, path: str, line: int, column: int) -> None:
        self._tree = tree
        self._known = known
        self._path = path
        self._line = line
        self._column = column
        self._sources: dict[int, _Sources] = {}

    def read(self) -> Iterator[Reference]:
        for node in self._tree.walk():
            if isinstance(node, exp.Table) and (table := self._real(node)) is not None:
                yield self._reference(table, table.identifier, _table_usage(node))
            elif isinstance(node, exp.Column):
                yield from self._column_of(node)
            elif isinstance(node, exp.Star):
                yield from self._star(node)
            elif isinstance(node, exp.Insert | exp.Copy):
                yield from self._written(node)
            elif isinstance(node, exp.Join):
                yield from self._using(node)

    def _real(self, node: exp.Table) -> _Table | None:
        """Return the table; None for a function, a CTE of that name, or a table inside DDL of its own."""
        name = node.this
        if not isinstance(name, exp.Identifier) or (not node.db and _folded(name) in _ctes(node)):
            return None
        schema = node.args.get("db")
        return _Table(_folded(schema) if isinstance(schema, exp.Identifier) else None, _folded(name), name)

    def _column_of(self, node: exp.Column) -> Iterator[Reference]:
        if isinstance(node.this, exp.Star):
            return  # `t.*`: the star itself is met too
        name, qualifier = node.this, node.args.get("table")
        usage = _column_usage(node)
        if isinstance(qualifier, exp.Identifier):
            yield from self._qualified(node, name, _folded(qualifier), usage)
            return
        for sources in self._around(node):
            whole = sources.get(_folded(name), _MISSING)
            if isinstance(whole, _Table) and not self._has(whole, _folded(name)):
                yield self._reference(whole, name, usage, is_star=True)
                return
            tables = list(dict.fromkeys(table for table in sources.values() if table is not None))
            sure = [table for table in tables if self._has(table, _folded(name))]
            possible = sure or [table for table in tables if self._columns(table) is None]
            is_only = len(possible) == 1 and (bool(sure) or None not in sources.values())
            for table in possible:
                yield self._reference(table, name, usage, column=_folded(name), is_sure=is_only)
            if possible and (sure or None not in sources.values()):
                return

    def _qualified(self, node: exp.Column, name: exp.Expr, qualifier: str, usage: Usage) -> Iterator[Reference]:
        for sources in self._around(node):
            if qualifier in sources:
                table = sources[qualifier]
                if table is not None:
                    yield self._reference(table, name, usage, column=_folded(name))
                return

    def _star(self, node: exp.Star) -> Iterator[Reference]:
        parent = node.parent
        if isinstance(parent, exp.Count):
            return
        qualifier = _folded(parent.args["table"]) if isinstance(parent, exp.Column) and parent.table else None
        for sources in self._around(node):
            chosen = sources if qualifier is None else {qualifier: sources.get(qualifier, _MISSING)}
            for table in chosen.values():
                if isinstance(table, _Table):
                    yield self._reference(table, node, Usage.READ, is_star=True)
            if qualifier is None or qualifier in sources:
                return

    def _written(self, node: exp.Insert | exp.Copy) -> Iterator[Reference]:
        """Yield the columns of an INSERT or COPY; without a list they are all."""
        target = node.this
        inner = target.this if isinstance(target, exp.Schema) else target
        table = self._real(inner) if isinstance(inner, exp.Table) else None
        if table is None:
            return
        if isinstance(target, exp.Schema):
            for name in target.expressions:
                found = name.this if isinstance(name, exp.Column | exp.ColumnDef) else name
                yield self._reference(table, found, Usage.WRITE, column=_folded(found))
        elif not (isinstance(node, exp.Insert) and node.args.get("default")):
            yield self._reference(table, table.identifier, Usage.WRITE, is_star=True)

    def _using(self, node: exp.Join) -> Iterator[Reference]:
        empty: _Sources = {}
        sources = next(self._around(node), empty)
        tables = [table for table in sources.values() if table is not None]
        for name in node.args.get("using") or ():
            for table in tables:
                if self._columns(table) is None or self._has(table, _folded(name)):
                    yield self._reference(table, name, Usage.READ, column=_folded(name), is_sure=False)

    def _around(self, node: exp.Expr) -> Iterator[_Sources]:
        """Yield the sources of the query that the node stands in, then of those around it."""
        parent = node.parent
        while parent is not None:
            if isinstance(parent, _QUERIES):
                yield self._sources_of(parent)
            parent = parent.parent

    def _sources_of(self, query: exp.Expr) -> _Sources:
        if id(query) not in self._sources:
            self._sources[id(query)] = {alias: table for node in _from(query) for alias, table in self._source(node)}
            if isinstance(query, exp.Insert):
                target = next(iter(self._sources[id(query)].values()), None)
                self._sources[id(query)]["excluded"] = target
        return self._sources[id(query)]

    def _source(self, node: exp.Expr) -> Iterator[tuple[str, _Table | None]]:
        alias = node.alias_or_name
        if isinstance(node, exp.Table):
            quoted = node.args["alias"].this if node.args.get("alias") is not None else node.this
            yield (_folded(quoted) if isinstance(quoted, exp.Identifier) else alias), self._real(node)
        else:
            yield alias or f"#{id(node)}", None

    def _columns(self, table: _Table) -> frozenset[str] | None:
        return self._known.columns_of(table.schema, table.name)

    def _has(self, table: _Table, name: str) -> bool:
        columns = self._columns(table)
        return columns is not None and name in columns

    def _reference(
        self,
        table: _Table,
        at: exp.Expr,
        usage: Usage,
        *,
        column: str | None = None,
        is_star: bool = False,
        is_sure: bool = True,
    ) -> Reference:
        confidence = Confidence.EXACT if is_sure and not is_star else Confidence.RESOLVED
        schema = table.schema or self._known.schema_of(table.name)
        return Reference(table.name, self._place(at), confidence, usage, column, schema, is_star)

    def _place(self, at: exp.Expr) -> Place:
        line, column = int(at.meta.get("line") or 1), int(at.meta.get("col") or 1)
        column -= len(at.name) - 1  # sqlglot gives the last character
        if line == 1:
            return Place(self._path, self._line, max(self._column + column - 1, 1))
        return Place(self._path, self._line + line - 1, max(column, 1))


_MISSING = object()


def _from(query: exp.Expr) -> Iterator[exp.Expr]:
    """Yield what a query reads from and writes to."""
    if not isinstance(query, exp.Select):
        target = query.this
        yield target.this if isinstance(target, exp.Schema) else target
    for key in ("from_", "using"):
        found: object = query.args.get(key)
        items = cast("list[object]", found) if isinstance(found, list) else [found]
        for item in items:
            if isinstance(item, exp.Expr):
                yield item.this if isinstance(item, exp.From) else item
    for join in query.args.get("joins") or ():
        yield join.this
    yield from query.args.get("laterals") or ()


def _ctes(node: exp.Expr) -> set[str]:
    """Return the names of the CTEs that a table at this place can mean."""
    found: set[str] = set()
    parent: exp.Expr | None = node
    while parent is not None:
        ctes = parent.args.get("with_")
        if isinstance(ctes, exp.With):
            found |= {cte.alias.lower() for cte in ctes.expressions}
        parent = parent.parent
    return found


def _table_usage(node: exp.Table) -> Usage:
    parent = node.parent.parent if isinstance(node.parent, exp.Schema) else node.parent
    is_target = isinstance(parent, exp.Insert | exp.Update | exp.Delete | exp.Merge | exp.TruncateTable | exp.Copy)
    return Usage.WRITE if is_target and node.arg_key in {"this", "expressions"} else Usage.READ


def _column_usage(node: exp.Column) -> Usage:
    parent = node.parent
    is_assigned = isinstance(parent, exp.EQ) and node.arg_key == "this"
    is_set = is_assigned and parent is not None and isinstance(parent.parent, exp.Update | exp.OnConflict)
    return Usage.WRITE if is_set else Usage.READ


def _folded(identifier: exp.Expr) -> str:
    """Return a name as the server folds it."""
    return identifier.name if identifier.args.get("quoted") else identifier.name.lower()
