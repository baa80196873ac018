"""Other tools' migrations in Python: yoyo's steps, peewee's and Piccolo's calls, whatever runs SQL.

What goes back is a function called `downgrade` or `rollback`, or the second argument of a step.
"""

import ast
import re
from collections.abc import Iterator

from migrator.coupling.programs.found import Found, NotUnderstoodError
from migrator.coupling.programs.literals import FUNCTIONS, Literals, name_of
from migrator.references.python_texts import strings

_BACK = re.compile(r"down|rollback|revert|reverse|undo|backward", re.IGNORECASE)
_CALL = re.compile(
    r"(?P<act>drop|remove|delete|rename|add)_?(?P<kind>column|field|table|model)s?(?:_name)?\Z", re.IGNORECASE
)
_KEYWORDS = ("tablename", "old_db_column_name", "new_db_column_name", "db_column_name")
_DDL = re.compile(r"\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*(?:ALTER|CREATE|DROP|BEGIN|SET)\b", re.IGNORECASE | re.DOTALL)


def read_steps(tree: ast.Module) -> Found | None:
    """Return what the module does; None when nothing of it was understood."""
    reader = _Reader(Literals(tree))
    for statement in tree.body:
        if not (isinstance(statement, FUNCTIONS) and _BACK.search(statement.name)):
            reader.read(statement)
    found = reader.found
    return found if found.adds or found.removes or found.problem else None


class _Reader:
    def __init__(self, literals: Literals) -> None:
        self._literals = literals
        self.found = Found()

    def read(self, statement: ast.stmt) -> None:
        back = {id(inner) for call in _steps(statement) for arg in _ways_back(call) for inner in ast.walk(arg)}
        for node, text in strings(statement):
            if id(node) not in back and _DDL.match(text):
                self.found.sql(text, node.lineno)
        for call in (node for node in ast.walk(statement) if isinstance(node, ast.Call)):
            match = _CALL.search(name_of(call.func))
            if match is not None and (call.args or call.keywords) and isinstance(call.func, ast.Attribute):
                self._called(call, match["act"].lower(), match["kind"].lower())

    def _called(self, call: ast.Call, act: str, kind: str) -> None:
        is_gone = act in {"drop", "remove", "delete"}
        try:
            names = self._names(call, act, kind)
        except NotUnderstoodError:
            if is_gone or act == "rename":
                self.found.lost(name_of(call.func), call.lineno)
            return
        if kind in {"table", "model"}:
            for number, name in enumerate(names):
                self.found.table(name, is_gone=is_gone or (act == "rename" and number == 0))
            return
        table, *columns = names
        for number, column in enumerate(columns):
            self.found.column(table, column, is_gone=is_gone or (act == "rename" and number == 0))

    def _names(self, call: ast.Call, act: str, kind: str) -> list[str]:
        """Return the table and the columns that a call names; Piccolo names them by keywords, peewee new ones too."""
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        nodes = [given[name] for name in _KEYWORDS if name in given] if "tablename" in given else list(call.args)
        found = [name for node in nodes for name in self._literals.texts(node)]
        if kind == "field" and act == "add":
            found += [name for name in given if name is not None]
        if not found:
            raise NotUnderstoodError
        return found


def _ways_back(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args[1:]
    yield from (keyword.value for keyword in call.keywords if keyword.arg == "rollback")


def _steps(statement: ast.stmt) -> Iterator[ast.Call]:
    return (node for node in ast.walk(statement) if isinstance(node, ast.Call) and name_of(node.func) == "step")
