"""Schema changes outside of the migrations: SQL files that nobody called a migration, and DDL in strings of code.

Python's strings are taken from its syntax tree; of other languages, literals are found by their quotes. What the
server's grammar reads as DDL is sure. What only looks like it (half of a concatenation) is told, as a doubt. Temporary
tables are no schema.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrator.references.python_texts import strings
from migrator.statements.effects import Effects
from migrator.statements.facts import effects_of
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Statement

_OBJECT = (
    r"(?:TABLE|(?:UNIQUE\s+)?INDEX|(?:MATERIALIZED\s+)?VIEW|SEQUENCE|TYPE|DOMAIN|SCHEMA|FUNCTION|PROCEDURE|TRIGGER"
    r"|EXTENSION|POLICY)"
)
_VERB = rf"(?:CREATE(?:\s+OR\s+REPLACE)?(?:\s+UNLOGGED)?|ALTER|DROP)\s+{_OBJECT}\b"
_LIKE = re.compile(_VERB, re.IGNORECASE)
_HEAD = re.compile(rf"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*|BEGIN\s*;\s*)*(?P<verb>{_VERB})", re.IGNORECASE | re.DOTALL)
_LARGEST = 2_000_000
"""Characters; a longer file holds rows, and the grammar would take minutes for them."""
_BEGINS = re.compile(rf"^[ \t]*{_VERB}", re.IGNORECASE | re.MULTILINE)
_SHOUTED = re.compile(rf"{_VERB}(?=\s)")
"""In capitals, as people write SQL; "Create view" is a button."""
_FILLED_IN = re.compile(r"%\(\w+\)s|%[sIvq]|[$#]?\{[^{}]*\}|(?<![:\w]):\w+|\?|\$\d+")
_OPENED = re.compile(
    r"(?P<quote>\"\"\"|'''|\"|'|`)(?=(?:\s|--[^\n]*\n)*" + _VERB + r")"
    r"|<<[<~-]?[\"']?(?P<word>[A-Z_]+)[\"']?[^\n]*\n(?=(?:\s|--[^\n]*\n)*" + _VERB + r")",
    re.IGNORECASE,
)
_NO_SCHEMA = frozenset(
    "alter_role_stmt alter_role_set_stmt alter_database_stmt alter_database_set_stmt alter_system_stmt"
    " alter_default_privileges_stmt alter_user_mapping_stmt alter_table_space_options_stmt"
    " alter_database_refresh_coll_stmt select_stmt".split()
)
"""Settings of the cluster, its roles and its databases; and SELECT INTO, which in code fills a variable."""


@dataclass(frozen=True, slots=True)
class Ddl:
    """A statement that changes the schema, in a file of code."""

    line: int
    text: str
    """Its first words."""
    is_sure: bool
    """Whether the grammar reads the literal as DDL."""


def first_ddl_line(text: str) -> int | None:
    """Return the line of the first statement that changes the schema; None for anything that is not SQL as a whole.

    Of a file too long to be parsed it is the first line that begins with one.
    """
    if len(text) > _LARGEST:
        begins = _BEGINS.search(text)
        return None if begins is None else text.count("\n", 0, begins.start()) + 1
    parsed = parse_sql(text)
    if parsed.problems:
        return None
    return next((statement.line for statement in _schema_changes(parsed.statements)), None)


def new_ddl(path: str, text: str, old: str) -> Ddl | None:
    """Return the first DDL in a string of code that was not there before, one that is sure before one that is not.

    Args:
        path: of the file, whose suffix says the language.
        text: of the file now.
        old: of the file at the base; empty for a new one.
    """
    before = {" ".join(value.split()) for _, value in _literals(path, old)} if old else set[str]()
    found = [_ddl(line, value) for line, value in _literals(path, text) if " ".join(value.split()) not in before]
    known = [ddl for ddl in found if ddl is not None]
    return next((ddl for ddl in known if ddl.is_sure), known[0] if known else None)


def _ddl(line: int, value: str) -> Ddl | None:
    head = _HEAD.match(value)
    if head is None:
        return None
    at = line + value.count("\n", 0, head.start("verb"))
    shown = " ".join(value[head.start("verb") :].split())[:60]
    parsed = parse_sql(_FILLED_IN.sub("x", value))
    if not parsed.problems:
        return Ddl(at, shown, is_sure=True) if next(_schema_changes(parsed.statements), None) else None
    return Ddl(at, shown, is_sure=False) if _SHOUTED.match(value, head.start("verb")) else None


def _schema_changes(statements: tuple[Statement, ...]) -> Iterator[Statement]:
    temporary: set[str] = set()
    for statement in statements:
        effects = effects_of(statement)
        if name := _temporary(statement):
            temporary.add(name)
        elif _is_ddl(statement, effects) and not _is_about(effects, temporary):
            yield statement


def _is_ddl(statement: Statement, effects: Effects) -> bool:
    if statement.kind in _NO_SCHEMA:
        return False
    if statement.kind == "do_stmt":
        return _LIKE.search(statement.text) is not None
    return statement.kind.startswith(("alter_", "index_")) or bool(
        effects.creates or effects.removes or effects.renames
    )


def _is_about(effects: Effects, temporary: set[str]) -> bool:
    """Whether the statement is about temporary tables only."""
    objects = (*effects.removes, *(rename.source for rename in effects.renames))
    tables = {lock.table.name for lock in effects.locks} | {item.table or item.name for item in objects}
    return bool(tables) and tables <= temporary


def _temporary(statement: Statement) -> str:
    """Return the name of the temporary table or view that the statement makes; empty when it makes none."""
    node = statement.node
    made = {
        "create_stmt": lambda: node.create_stmt.relation,
        "create_table_as_stmt": lambda: node.create_table_as_stmt.into.rel,
        "view_stmt": lambda: node.view_stmt.view,
    }.get(statement.kind)
    relation = made() if made else None
    return relation.relname if relation is not None and relation.relpersistence == "t" else ""


def _literals(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and value of each string that may be DDL."""
    if not path.endswith(".py"):
        yield from _quoted(text)
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        yield from _quoted(text)
        return
    yield from ((node.lineno, value) for node, value in strings(tree) if _HEAD.match(value))


def _quoted(text: str) -> Iterator[tuple[int, str]]:
    """Yield the literals that begin with DDL, by their quotes; of a heredoc, up to its closing word."""
    for opened in _OPENED.finditer(text):
        quote, word = opened["quote"], opened["word"]
        closed = re.compile(rf"^\s*{word}\b" if word else rf"(?<!\\){quote}", re.MULTILINE)
        end = closed.search(text, opened.end())
        if end is not None:
            yield text.count("\n", 0, opened.end()) + 1, text[opened.end() : end.start()]
