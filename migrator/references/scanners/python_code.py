"""Python: SQL in strings and f-strings, SQLAlchemy's and Django's models, and the names that ORMs are called with.

Read from the syntax tree, never imported.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import replace

from migrator.references.file_scan import FileScan
from migrator.references.known import Known
from migrator.references.python_texts import PUT_IN, texts_in
from migrator.references.reference import Place, Reference
from migrator.references.scanners import django_models, python_names, sqlalchemy_models
from migrator.references.scanners.words import scan_words
from migrator.references.sql import references_in_sql
from migrator.references.syntax_nodes import nodes_of

SUFFIXES = (".py", ".pyi")

_SQL = re.compile(
    r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*"
    r"(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|WITH|MERGE\s+INTO|COPY|TRUNCATE|DECLARE|EXPLAIN|PREPARE|TABLE|LOCK"
    r"|CALL|DO)\b(?=[\s(*])",
    re.IGNORECASE | re.DOTALL,
)
_SHAPE = re.compile(r"\b(?:FROM|INTO|SET|AS|VALUES|USING|TABLE|ON)\b", re.IGNORECASE)


def scan(path: str, text: str, known: Known) -> FileScan:
    """Return the references of a module; one that Python cannot parse is compared word by word."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return FileScan(tuple(scan_words(path, text, known)), is_guessed=True)
    nodes = nodes_of(tree)  # once for all: to walk costs as much as to parse
    found = [*sqlalchemy_models.scan(path, nodes), *django_models.scan(path, nodes, known)]
    is_guessed = False
    for node, value in texts_in(nodes, known.table_told_by):
        if not (_is_sql(value) and known.may_be_used_in(value)):
            continue
        use = references_in_sql(value, known, path, node.lineno, node.col_offset + 2)
        found += (_within(reference, node) for reference in use.references if reference.table != PUT_IN)
        if not use.is_understood:
            is_guessed = True
            found += scan_words(path, value, known, node.lineno)
    found += _not_yet(found, python_names.scan(path, text, nodes, known))
    return FileScan(tuple(dict.fromkeys(found)), is_guessed)


def _not_yet(found: Iterable[Reference], names: Iterable[Reference]) -> list[Reference]:
    """Return the names on lines where nothing surer was found of that column, and tables that were not found yet."""
    known = {(reference.place.line, reference.column) for reference in found}
    tables = {reference.table for reference in found}
    new = (r for r in names if r.column is not None or r.table not in tables)
    return [reference for reference in new if (reference.place.line, reference.column) not in known]


def _within(reference: Reference, node: ast.expr) -> Reference:
    r"""Return the reference at a place inside the literal: a `\n` written in it is no line of the file."""
    last = node.end_lineno or node.lineno
    if reference.place.line <= last:
        return reference
    return replace(reference, place=Place(reference.place.path, last, 1))


def _is_sql(text: str) -> bool:
    head = _SQL.match(text)
    return head is not None and (_SHAPE.search(text, head.end()) is not None or "*" in text)
