"""Cuts a SQL text that does not parse as a whole into pieces that are parsed alone.

Called by `migrator.statements.parse` after a syntax error only. The scanner's tokens decide, so a semicolon in a
string, a comment or a dollar-quoted body never cuts; semicolons inside `CREATE RULE … DO (a; b)` and
`BEGIN ATOMIC … END` belong to their statement. libpg_query's own splitter is not used: it drops what has no
keyword, such as `selec 1`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from migrator.statements.statement import Span
from migrator.statements.text import TextMap


class Token(NamedTuple):
    """A token of the scanner that is not a comment; offsets in characters."""

    word: str
    """Its text in lower case; quoted identifiers and strings keep their quotes."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one supposed statement, without its semicolon."""

    span: Span
    is_meta_command: bool = False
    """A line for psql (`\\connect`), not for the server."""
    is_open: bool = False
    """It holds semicolons of its own, and its end is missing."""


def pieces(tokens: Sequence[Token], where: TextMap) -> Iterator[Piece]:
    """Yield the pieces in order; empty statements (`;;`) yield nothing."""
    current: list[Token] = []
    skip_until = 0
    for token in tokens:
        if token.start < skip_until:
            continue
        if token.word == "\\":
            skip_until = where.line_end(token.start)
            yield Piece(Span((current or [token])[0].start, skip_until), is_meta_command=True)
            current = []
        elif token.word == ";" and not _is_inside(current):
            yield from _piece(current)
            current = []
        else:
            current.append(token)
    if _is_inside(current):
        yield from _open_body(current, where)
    else:
        yield from _piece(current)


_OF_BODIES = frozenset("select insert update delete merge with values return end table perform call".split())
"""What a statement of a BEGIN ATOMIC body may begin with; nothing else can stand in one."""


def _open_body(tokens: Sequence[Token], where: TextMap) -> Iterator[Piece]:
    """Cut a body that never ends where something begins that is no part of it: it must not hide the rest."""
    for place, token in enumerate(tokens[:-1]):
        if token.word == ";" and tokens[place + 1].word not in _OF_BODIES:
            yield replace(next(_piece(tokens[:place])), is_open=True)
            yield from pieces(tokens[place + 1 :], where)
            return
    yield replace(next(_piece(tokens)), is_open=True)


def is_open(tokens: Sequence[Token], where: TextMap) -> bool:
    """Whether the last statement waits for its end: a semicolon that is its own, or the end of psql's line."""
    every = list(pieces(tokens, where))
    if not every or every[-1].is_meta_command:
        return False
    return any(piece.is_open for piece in every) or tokens[-1].word != ";" or every[-1].span.end == tokens[-1].end


def _piece(tokens: Sequence[Token]) -> Iterator[Piece]:
    if tokens:
        yield Piece(Span(tokens[0].start, tokens[-1].end))


def _is_inside(tokens: Sequence[Token]) -> bool:
    """Whether a semicolon after these tokens belongs to the statement itself."""
    head = [token.word for token in tokens[:4] if token.word not in ("or", "replace")][:2]
    if head == ["create", "rule"]:
        words = [token.word for token in tokens]
        return words.count("(") > words.count(")")
    return head in (["create", "function"], ["create", "procedure"]) and _is_in_atomic_body(tokens)


def _is_in_atomic_body(tokens: Sequence[Token]) -> bool:
    depth, previous = 0, ""
    for token in tokens:
        if depth == 0:
            depth = int(previous == "begin" and token.word == "atomic")
        elif token.word == "case":
            depth += 1
        elif token.word == "end":
            depth -= 1
        previous = token.word
    return depth > 0
