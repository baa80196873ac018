"""SQL text to statements, by the server's own grammar (libpg_query, PostgreSQL 18); the only importer of postgast.

The whole text is parsed at once. When that fails it is cut at its top-level semicolons and each piece is parsed
alone, so that one mistake hides nothing else. libpg_query gives tree locations in bytes and error positions in
characters; all offsets that leave this module are characters. `tests/unit/statements` pins both.
"""

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import DecodeError
from postgast import pg_query_pb2 as pb
from postgast.deparse import deparse as _deparse_tree
from postgast.errors import PgQueryError
from postgast.parse import parse as _parse_tree
from postgast.plpgsql import parse_plpgsql as _parse_body
from postgast.scan import scan as _scan_tokens

from migrator.statements.bare_names import has_bare_names, quote_bare_names
from migrator.statements.split import Piece, Token, is_open, pieces
from migrator.statements.statement import Comment, ParsedSql, SharedTree, Span, Statement, SyntaxProblem
from migrator.statements.text import TextMap

__all__ = ["Node", "deparse", "parse_plpgsql", "parse_sql", "pb", "scan_comments"]

Node = pb.Node
"""The grammar's oneof: `statement.node.alter_table_stmt` is the tree when `statement.kind` says so."""

_TREE_VERSION = 180004
"""What libpg_query writes in its own trees; `tests/unit/schema` compares."""
_COMMENTS = (pb.SQL_COMMENT, pb.C_COMMENT)
_BYTE_ORDER_MARK = "\ufeff"
_NEVER_IN_SQL = "The server accepts no NUL byte in SQL. Remove it, or save the file as UTF-8."
_IS_META_COMMAND = "psql meta-commands are not SQL and the server does not know them. Remove the line."
_LONGEST_MESSAGE = 120
_ENDS_NOWHERE = (
    "The end of this statement is missing: END of BEGIN ATOMIC, or the closing parenthesis of a rule's actions. "
    "What follows is read as statements of its own where it cannot belong to it."
)
_LARGE = 1_000_000
"""Characters from which on it pays to look for plain INSERTs; smaller texts are read at once."""
_TOO_DEEP = "The statement is nested too deeply to be read. Split it."


def _lift_depth_limit() -> None:
    """Let trees be as deep as the grammar allows: the default refuses `'a' || 'b' || …` of 50 parts."""
    try:
        from google._upb._message import SetAllowOversizeProtos
    except ImportError:  # another implementation of protobuf: deep statements are reported as unreadable
        return
    SetAllowOversizeProtos(True)  # noqa: FBT003 a C function without keywords


_lift_depth_limit()


def parse_sql(text: str) -> ParsedSql:
    """Return the text's statements in order, and a problem for every part that is not SQL."""
    nul = text.find("\0")
    where = TextMap(_readable(text))
    problems = [_problem(_NEVER_IN_SQL, Span(nul, nul + 1), nul, where)] if nul >= 0 else []
    read = (_read_bulk(where.text) if len(text) >= _LARGE else None) or _read(where)
    return ParsedSql(read.statements, (*problems, *read.problems))


def _read_bulk(text: str) -> ParsedSql | None:
    from migrator.statements.bulk import read_bulk  # its patterns take milliseconds, and few texts need them

    return read_bulk(text, _read_stretch, _shared_tree, _comments_before)


def _read(where: TextMap) -> ParsedSql:
    try:
        return ParsedSql(tuple(_statements(where)), ())
    except (PgQueryError, DecodeError):
        return _read_pieces(where)


def _read_stretch(text: str, is_last: bool) -> ParsedSql | None:  # noqa: FBT001 passed on by `read_bulk`
    """Return what is read of a part of a text, or None when its end should be that of a statement and is not."""
    where = TextMap(text)
    if is_last:
        return _read(where)
    try:
        stretch = _parse_tree(text).stmts
    except (PgQueryError, DecodeError):
        tokens, problem = _tokens(where)
        return None if problem or is_open(tokens, where) else _read_pieces(where)
    is_ended = not stretch or stretch[-1].stmt_len > 0
    return _read(where) if is_ended else None


def _shared_tree(shape: str) -> SharedTree | None:
    found = _read(TextMap(shape)).statements
    return SharedTree(found[0].node, _tree_of) if [each.kind for each in found] == ["insert_stmt"] else None


def _tree_of(text: str) -> Node:
    """Return the tree of one statement of which is known that it can be read."""
    return _parse_tree(text).stmts[0].stmt


def deparse(node: Node) -> str:
    """Return a statement's tree as SQL text, without a semicolon; recipes change trees, never text."""
    if has_bare_names(node):
        node = Node.FromString(node.SerializeToString())
        quote_bare_names(node)
    return _deparse_tree(pb.ParseResult(version=_TREE_VERSION, stmts=[pb.RawStmt(stmt=node)]))


def parse_plpgsql(text: str) -> list[dict[str, Any]] | None:
    """Return the tree of a DO or CREATE FUNCTION statement's PL/pgSQL body; None where it cannot be read.

    Nodes are dicts with one key, as libpg_query writes them; `lineno` counts from the line of the opening quote.
    """
    try:
        return _parse_body(text)
    except (PgQueryError, ValueError):
        return None


def scan_comments(text: str) -> tuple[Comment, ...]:
    """Return every comment of the text in order; none where the scanner fails (that is a syntax problem anyway)."""
    text = _readable(text)
    where = TextMap(text)
    try:
        tokens = _scan_tokens(text).tokens
    except PgQueryError:
        return ()
    spans = [Span(where.character(t.start), where.character(t.end)) for t in tokens if t.token in _COMMENTS]
    return tuple(Comment(_strip_marks(text[s.start : s.end]), s, where.line(s.start)) for s in spans)


def _readable(text: str) -> str:
    """Put a space for what the scanner cannot pass: a byte order mark in front, and NUL, where C ends a text."""
    if text.startswith(_BYTE_ORDER_MARK):
        text = f" {text[1:]}"
    return text.replace("\0", " ")


def _statements(where: TextMap) -> Iterator[Statement]:
    previous = 0
    for raw in _parse_tree(where.text).stmts:
        start = where.character(raw.stmt_location)
        end = where.character(raw.stmt_location + raw.stmt_len) if raw.stmt_len else len(where.text)
        text = _without_comments_behind(where.text[start:end])
        yield _statement(raw.stmt, text, start, where, previous)
        previous = start + len(text)


def _statement(node: Node, text: str, start: int, where: TextMap, previous_end: int) -> Statement:
    return Statement(
        text=text,
        span=Span(start, start + len(text)),
        line=where.line(start),
        kind=node.WhichOneof("node") or "",
        tree=node,
        comments=_comments_before(where.text[previous_end:start]),
    )


def _without_comments_behind(text: str) -> str:
    """Return the text up to its last token; only a tail that looks like a comment is worth the scanner."""
    text = text.rstrip()
    if not text.endswith("*/") and "--" not in text[text.rfind("\n") + 1 :]:
        return text
    tokens = _scan_tokens(text).tokens
    end = max(token.end for token in tokens if token.token not in _COMMENTS)
    return text[: TextMap(text).character(end)]


_GAP = re.compile(r"--[^\r\n]*|/\*.*?\*/|[^\S\n]+|;|(?P<newline>\n)", re.DOTALL)


def _comments_before(gap: str) -> tuple[str, ...]:
    """Return the comments of the gap before a statement that touch it: no blank line, not the previous one's line."""
    if "--" not in gap and "/*" not in gap:
        return ()
    lines: list[str] = []
    is_blank = False
    is_own_line = "\n" not in gap or not gap.lstrip().startswith(";")
    for match in _GAP.finditer(gap):
        word = match[0]
        if match["newline"]:
            lines, is_blank, is_own_line = ([] if is_blank else lines), True, True
        elif word.startswith(("--", "/*")):
            is_blank = False
            lines += _strip_marks(word).splitlines() if is_own_line else []
        elif word == ";":
            lines, is_blank = [], False
    return tuple(line.strip() for line in lines)


def _strip_marks(comment: str) -> str:
    if comment.startswith("--"):
        return comment.lstrip("-").strip()
    inner = comment[2:].removesuffix("*/")
    return "\n".join(line.strip().lstrip("*").strip() for line in inner.strip().splitlines())


def _read_pieces(where: TextMap) -> ParsedSql:
    tokens, problem = _tokens(where)
    found: list[Statement] = []
    problems: list[SyntaxProblem] = []
    previous = 0
    for piece in pieces(tokens, where):
        if problem is not None and piece.span.end > problem.span.start:
            break
        read = _read_piece(piece, where, previous)
        previous = piece.span.end
        if isinstance(read, Statement):
            found.append(read)
        else:
            problems.append(read)
    return ParsedSql(tuple(found), (*problems, *([problem] if problem else [])))


def _tokens(where: TextMap) -> tuple[list[Token], SyntaxProblem | None]:
    """Return the text's tokens without comments, or those before the place where the scanner fails."""
    text = where.text
    try:
        return _scan(text, where), None
    except PgQueryError as error:
        at, message = max(error.cursorpos - 1, 0), _sentence(error.message)
    tokens = _scan_up_to(at, where)
    last = max((i for i, token in enumerate(tokens) if token.word == ";"), default=-1)
    start = next((token.start for token in tokens[last + 1 :]), at)
    return tokens[: last + 1], _problem(message, Span(start, len(text)), at, where)


def _scan_up_to(at: int, where: TextMap) -> list[Token]:
    """Return the tokens before the place; when it lies inside a string, those before that string."""
    while at > 0:
        try:
            return _scan(where.text[:at], where)
        except PgQueryError as error:
            at = min(at - 1, error.cursorpos - 1)
    return []


def _scan(text: str, where: TextMap) -> list[Token]:
    found = [t for t in _scan_tokens(text).tokens if t.token not in _COMMENTS]
    spans = [(where.character(t.start), where.character(t.end)) for t in found]
    return [Token(text[start:end].lower(), start, end) for start, end in spans]


def _read_piece(piece: Piece, where: TextMap, previous_end: int) -> Statement | SyntaxProblem:
    start, end = piece.span.start, piece.span.end
    if piece.is_meta_command:
        return _problem(_IS_META_COMMAND, piece.span, where.text.rfind("\\", start, end), where)
    try:
        (tree,) = _parse_tree(where.text[start:end]).stmts
    except PgQueryError as error:
        at = start + max(error.cursorpos - 1, 0)
        message = _ENDS_NOWHERE if piece.is_open else _sentence(error.message)
        return _problem(message, piece.span, start if piece.is_open else at, where)
    except DecodeError:
        return _problem(_TOO_DEEP, piece.span, start, where)
    return _statement(tree.stmt, where.text[start:end], start, where, previous_end)


def _problem(message: str, span: Span, at: int, where: TextMap) -> SyntaxProblem:
    at = min(at, len(where.text))
    return SyntaxProblem(message, span, where.line(at), where.column(at))


def _sentence(message: str) -> str:
    """Return PostgreSQL's message on one line; an unterminated string would quote the rest of the file."""
    first = message.splitlines()[0]
    short = first if message == first and len(first) <= _LONGEST_MESSAGE else first[:_LONGEST_MESSAGE] + '…"'
    return short[:1].upper() + short[1:] + "."
