"""Python that names columns without SQL: attributes, keywords, lookups and strings that an ORM turns into columns.

`filter(mail__iexact=x)`, `F("mail")`, `order_by("-mail")`, `fields = ["mail"]`, `User.mail`, `user.mail`. A name counts
in a module that names the table or its class too; a distinctive one counts wherever it stands, for any table.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from migrator.names import TableName
from migrator.references.known import Known
from migrator.references.reference import Confidence, Place, Reference, Usage
from migrator.references.spellings import is_distinctive, parts_of
from migrator.references.unrelated import is_like, owners_in

_PATH = re.compile(r"[-+]?[A-Za-z_][\w.]*\Z")
_WORD = re.compile(r"[A-Za-z_]\w*")
_SPEAKING = frozenset({ast.Attribute, ast.keyword, ast.Constant, ast.ClassDef})
_NAMING = _SPEAKING | {ast.Name, ast.arg, ast.alias, ast.ImportFrom}
_COMPOSED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+\"?([A-Za-z_]\w*)\"?(?=[\s(.]|$)", re.IGNORECASE)
_OPEN = ("(", ",", "SELECT", "SET", "WHERE", "BY", ".")


@dataclass(frozen=True, slots=True)
class _Use:
    """A word where it may mean a column."""

    word: str
    line: int
    column: int
    is_prose: bool = False
    """One of several words of a text: only a distinctive name counts there."""
    owner: str = ""
    """What it belongs to, when that is no row of a table, such as an answer or an error."""


def scan(path: str, text: str, nodes: Sequence[ast.AST], known: Known) -> Iterator[Reference]:
    """Yield each table and column that the names of a module may mean.

    Args:
        path: of the module.
        text: of the module.
        nodes: of its syntax tree, walked once for all who look at them.
        known: the tables; of one whose columns are asked for, only modules with its words are looked at.
    """
    asked = [(table, columns) for table, columns in known.asked() if _may_be_in(text, known, table)]
    if not asked:
        return
    uses = list(_uses(nodes, frozenset[str]().union(*(columns for _, columns in asked))))
    words = {use.word for use in uses}
    names, classes = _names(nodes)
    ends = {end for name in names for end in parts_of(name)}
    for table, columns in asked:
        is_named = not ends.isdisjoint(known.folded_names_of(table))
        if is_named:
            yield from _classes(path, table, classes, known)
        present = columns & words
        alone = frozenset(filter(is_distinctive, present & _wanted(known, table)))
        for use in uses:
            if use.word in (alone if not is_named or _is_weak(use, known, table) else present):
                yield _reference(path, table if is_named else None, use)


def _is_weak(use: _Use, known: Known, table: TableName) -> bool:
    """Whether a common name says nothing where it stands."""
    return use.is_prose or (use.owner != "" and not is_like(use.owner, known.folded_names_of(table)))


def _may_be_in(text: str, known: Known, table: TableName) -> bool:
    wanted = _wanted(known, table)
    names = (name for name in known.spellings_of(table) if name == table.name or not name.islower())
    return not wanted or any(word in text for word in (*wanted, *names))


def _wanted(known: Known, table: TableName) -> frozenset[str]:
    """Return the columns that are searched by their names alone; when everything is asked for, none."""
    return frozenset() if known.wanted is None else known.wanted.get(table, frozenset())


def _classes(path: str, table: TableName, classes: dict[str, ast.AST], known: Known) -> Iterator[Reference]:
    """Yield the table where a class or a text of its name stands."""
    for name in sorted(known.spellings_of(table) & classes.keys()):
        node = classes[name]
        place = Place(path, getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1)
        yield Reference(table.name, place, Confidence.TOKEN, Usage.UNKNOWN, schema=table.schema)


def _reference(path: str, table: TableName | None, use: _Use) -> Reference:
    place = Place(path, use.line, use.column)
    if table is None:
        return Reference("", place, Confidence.TOKEN, Usage.UNKNOWN, use.word)
    return Reference(table.name, place, Confidence.TOKEN, Usage.UNKNOWN, use.word, table.schema)


def _uses(nodes: Sequence[ast.AST], columns: frozenset[str]) -> Iterator[_Use]:
    """Yield where one of the columns may be meant."""
    found = [(node, use) for node in nodes if node.__class__ in _SPEAKING for use in _said(node) if use.word in columns]
    if not found:
        return
    prose, owners = _docstrings(nodes), dict(owners_in(nodes))
    for node, use in found:
        if not (isinstance(node, ast.Constant) and id(node) in prose):
            yield replace(use, owner=owners[id(node)]) if id(node) in owners and not use.is_prose else use


def _said(node: ast.AST) -> Iterable[_Use]:
    match node:
        case ast.Attribute(attr=word):
            return (_Use(word, node.end_lineno or node.lineno, (node.end_col_offset or 0) - len(word) + 1),)
        case ast.keyword(arg=str(word)):
            return (_Use(part, node.lineno, node.col_offset + 1) for part in _lookup(word))
        case ast.Constant(value=str(text)):
            return _of_text(text, node)
        case ast.ClassDef(body=body):
            return _of_class(body)
        case _:
            return ()


def _of_text(text: str, node: ast.Constant) -> Iterator[_Use]:
    if _PATH.match(text):
        for part in text.lstrip("-+").split("."):
            yield from (_Use(word, node.lineno, node.col_offset + 1) for word in _lookup(part))
    else:
        for word in dict.fromkeys(_WORD.findall(text)):
            yield _Use(word, node.lineno, node.col_offset + 1, is_prose=True)


def _of_class(body: list[ast.stmt]) -> Iterator[_Use]:
    """Yield the names that a class gives its attributes: a serializer's and a form's are columns."""
    for statement in body:
        targets = statement.targets if isinstance(statement, ast.Assign) else ()
        targets = (statement.target,) if isinstance(statement, ast.AnnAssign) else targets
        for target in targets:
            if isinstance(target, ast.Name):
                yield _Use(target.id, target.lineno, target.col_offset + 1)


def _lookup(word: str) -> Iterator[str]:
    """Yield `author`, `mail` and `iexact` of `author__mail__iexact`, and the whole."""
    yield word
    if "__" in word:
        yield from (part for part in word.split("__") if part)


def _docstrings(nodes: Iterable[ast.AST]) -> set[int]:
    """Return the texts that are statements by themselves: docstrings, and what is written like one."""
    return {id(node.value) for node in nodes if isinstance(node, ast.Expr)}


def _names(nodes: Iterable[ast.AST]) -> tuple[set[str], dict[str, ast.AST]]:
    """Return all identifiers of a module, and where those stand that can be a class or the text of a name."""
    names: set[str] = set()
    classes: dict[str, ast.AST] = {}
    for node in nodes:
        for name, is_class in _named(node) if node.__class__ in _NAMING else ():
            names.add(name)
            if is_class:
                classes.setdefault(name, node)
    return names, classes


def _named(node: ast.AST) -> Iterator[tuple[str, bool]]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.ClassDef(name=name):
            yield name, name[:1].isupper()
        case ast.arg(arg=name):
            yield name, False
        case ast.alias(name=name):
            last = name.rpartition(".")[2]
            yield last, last[:1].isupper()
        case ast.ImportFrom(module=str(module)):
            yield module.rpartition(".")[2], False
        case ast.keyword(arg=str(name)):
            yield from ((part, False) for part in name.split("__"))
        case ast.Constant(value=str(text)) if _PATH.match(text):
            yield text.rpartition(".")[2], True
        case ast.Constant(value=str(text)) if "{" in text or text.rstrip().endswith(_OPEN):
            # SQL whose columns are put in elsewhere in the module
            yield from ((name, False) for name in _COMPOSED.findall(text))
        case _:
            pass
