"""Plain INSERTs of large texts, which need no tree each: a dump may hold half a million of them.

`INSERT INTO t (…) VALUES (1, 'a', NULL);` differs from its neighbour in constants only. Those of one shape share one
tree, and each gets its own only when somebody looks at its constants. Only constants may stand in the parentheses, so
nothing in them can call, read or lock anything. All else goes to the server's grammar, in stretches between the rows.
Called by `migrator.statements.parse`: without it, 47 MB of such rows took half a minute and 3 GB.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from migrator.statements.statement import ParsedSql, SharedTree, Span, Statement, SyntaxProblem

_CONSTANT = r"(?:'[^']*+(?:''[^']*+)*+'|-?\d++(?:\.\d++)?+(?:[eE][+-]?\d++)?+|NULL|DEFAULT|true|false)"
_ROW = rf"\(\s*+{_CONSTANT}(?:\s*+,\s*+{_CONSTANT})*+\s*+\)"
_INTO = r"INSERT INTO [\w.\"$]++(?: ?\([\w\"$, \n]++\))?(?: OVERRIDING (?:SYSTEM|USER) VALUE)?\s++VALUES\s*+"
_PLAIN = re.compile(
    rf"[\s;]*+(?P<sql>(?P<into>{_INTO}){_ROW}(?:\s*+,\s*+{_ROW})*+(?P<then> ON CONFLICT DO NOTHING)?+)(?=\s*+;)"
)
_ROWS_PER_STRETCH = 4
"""With fewer, the many small stretches take longer than the whole text at once."""
_LINE = re.compile(r"^INSERT INTO ", re.MULTILINE)


class _Plain(NamedTuple):
    """One INSERT of constants, without its semicolon."""

    span: Span
    shape: str
    """The same statement with NULL for its rows."""


class _Stretch(NamedTuple):
    """The text before, between or behind plain INSERTs."""

    span: Span


def read_bulk(
    text: str,
    read: Callable[[str, bool], ParsedSql | None],
    tree: Callable[[str], SharedTree | None],
    comments_before: Callable[[str], tuple[str, ...]],
) -> ParsedSql | None:
    """Return the statements of a text and what is not SQL in it; None when it must be read as a whole.

    `read` reads a stretch, and returns None when that ends within a statement, unless it is the last one: what looked
    like an INSERT was part of a string, a comment or a body. `tree` reads a shape, and returns None for what is no
    INSERT to the grammar.
    """
    parts = list(_parts(text))
    if sum(isinstance(part, _Stretch) for part in parts) * _ROWS_PER_STRETCH > len(parts):
        return None
    shapes = {shape: tree(shape) for shape in {part.shape for part in parts if isinstance(part, _Plain)}}
    stretches = {
        part: read(text[part.span.start : part.span.end], part.span.end == len(text))
        for part in parts
        if isinstance(part, _Stretch)
    }
    trees = {shape: found for shape, found in shapes.items() if found is not None}
    done = {part: found for part, found in stretches.items() if found is not None}
    if len(trees) < len(shapes) or len(done) < len(stretches) or not trees:
        return None
    return _in_place(text, parts, trees, done, comments_before)


def _parts(text: str) -> Iterator[_Plain | _Stretch]:
    at = 0
    while at < len(text):
        found = _PLAIN.match(text, at)
        if found is None:
            end = _next_plain(text, at)
            yield _Stretch(Span(at, end))
            at = end
        else:
            yield _Plain(Span(*found.span("sql")), f"{found['into']}(NULL){found['then'] or ''}")
            at = found.end()


def _next_plain(text: str, at: int) -> int:
    """Return where the next line stands that begins a plain INSERT, or the end of the text."""
    lines = (line.start() for line in _LINE.finditer(text, at + 1))
    return next((start for start in lines if _PLAIN.match(text, start)), len(text))


def _in_place(
    text: str,
    parts: list[_Plain | _Stretch],
    trees: Mapping[str, SharedTree],
    done: Mapping[_Stretch, ParsedSql],
    comments_before: Callable[[str], tuple[str, ...]],
) -> ParsedSql:
    statements: list[Statement] = []
    problems: list[SyntaxProblem] = []
    line, counted, end = 1, 0, 0
    for part in parts:
        start = part.span.start
        line, counted = line + text.count("\n", counted, start), start
        if isinstance(part, _Stretch):
            found = _moved(done[part], start, line - 1, start - text.rfind("\n", 0, start) - 1)
            statements += found.statements
            problems += found.problems
            end = max([end, *(each.span.end for each in (*found.statements, *found.problems))])
        else:
            sql, comments = text[start : part.span.end], comments_before(text[end:start])
            statements.append(Statement(sql, part.span, line, "insert_stmt", trees[part.shape], comments))
            end = part.span.end
    return ParsedSql(tuple(statements), tuple(problems))


def _moved(found: ParsedSql, by: int, lines: int, columns: int) -> ParsedSql:
    """Return what was read of a stretch at its place in the whole text; only its first line moves to the side."""
    statements = (replace(s, span=_span(s.span, by), line=s.line + lines) for s in found.statements)
    problems = (
        SyntaxProblem(p.message, _span(p.span, by), p.line + lines, p.column + (columns if p.line == 1 else 0))
        for p in found.problems
    )
    return ParsedSql(tuple(statements), tuple(problems))


def _span(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)
