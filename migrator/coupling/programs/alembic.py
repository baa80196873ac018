"""Alembic's migrations: what `upgrade` and the local functions that it calls add and remove, from the syntax tree.

`with op.batch_alter_table("t") as batch_op` gives the operations inside their table. A project's own helpers count by
their names: `drop_columns("t", "c")` is a removal wherever it was imported from.
"""

import ast
import re
from collections.abc import Iterator

from migrator.coupling.programs.found import Found, NotUnderstoodError
from migrator.coupling.programs.literals import FUNCTIONS, Literals, argument, name_of

_IRRELEVANT = re.compile(
    r"(?:create|drop)_(?:index|foreign_key|unique_constraint|check_constraint|primary_key|exclude_constraint"
    r"|constraint|table_comment)|get_bind|get_context|bulk_insert|f|batch_alter_table|invoke|autocommit_block|inline"
)
_RUN = frozenset({"execute", "exec_driver_sql"})
_REMOVAL = re.compile(r"\bDROP\s+(?:COLUMN|TABLE|VIEW|TYPE)\b|\bRENAME\s+(?:COLUMN|TO)\b", re.IGNORECASE)
_HELPER = re.compile(r"(drop|remove|delete|rename|add|create)_?(column|table)s?(?![a-z])", re.IGNORECASE)
_HELPERS_OF_RULES = re.compile(r"index|constraint|fk|foreign|comment|trigger|prefix", re.IGNORECASE)
_Batches = dict[str, ast.Call]


def upgrade_of(tree: ast.Module) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """Return the function that goes forward; None when the module has none."""
    return next((node for node in tree.body if isinstance(node, FUNCTIONS) and node.name == "upgrade"), None)


def read_alembic(tree: ast.Module, upgrade: ast.FunctionDef | ast.AsyncFunctionDef) -> Found:
    """Return what a migration does."""
    literals = Literals(tree)
    found = Found(is_idle=True)
    names = frozenset(_operations(tree))
    for function in _reached(upgrade, literals):
        batches = dict(_batches(function))
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            found.is_idle = False
            _Call(call, literals, batches, found, names).read()
    for returned in (node for node in ast.walk(upgrade) if isinstance(node, ast.Return)):
        _returned(returned, literals, found)
    return found


def _operations(tree: ast.Module) -> Iterator[str]:
    """Yield the names that the module has for Alembic's operations: for all of them, or for each."""
    yield "op"
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "alembic.op":
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (name.asname for name in node.names if name.asname and name.name in {"op", "alembic.op"})


def _returned(node: ast.Return, literals: Literals, found: Found) -> None:
    """Note the SQL that Aerich's `upgrade` returns."""
    if node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None):
        return
    found.is_idle = False
    try:
        for text in literals.texts(node.value):
            found.sql(text, node.lineno)
    except NotUnderstoodError:
        found.is_partial = True


def _reached(upgrade: ast.FunctionDef | ast.AsyncFunctionDef, literals: Literals) -> list[ast.AST]:
    """Return the function and the local functions that it calls, theirs too."""
    names, queue = {upgrade.name}, [upgrade]
    for function in queue:
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name in literals.functions and name not in names:
                names.add(name)
                queue.append(literals.functions[name])
    return list(queue)


def _batches(function: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for item in (item for node in ast.walk(function) if isinstance(node, ast.With) for item in node.items):
        call = item.context_expr
        if isinstance(call, ast.Call) and name_of(call.func) == "batch_alter_table":
            yield name_of(item.optional_vars), call


class _Call:
    """One call inside of the way forward."""

    def __init__(
        self, call: ast.Call, literals: Literals, batches: _Batches, found: Found, operations: frozenset[str]
    ) -> None:
        self._call = call
        self._literals = literals
        self._found = found
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        self._batch = batches.get(name_of(owner)) if isinstance(owner, ast.Name) else None
        is_module = isinstance(owner, ast.Name | ast.Attribute) and name_of(owner) in operations
        is_imported = isinstance(call.func, ast.Name) and call.func.id in operations
        self._is_operation = is_module or is_imported or self._batch is not None

    def read(self) -> None:
        name = name_of(self._call.func)
        try:
            if self._is_operation:
                self._operation(name)
            elif name in _RUN:
                self._executed()
            elif name in {"drop", "alter"} and self._is_of_column():
                self._found.lost(name, self._call.lineno)
            elif isinstance(self._call.func, ast.Name) and name not in self._literals.functions:
                self._helper(name)
        except NotUnderstoodError:
            self._not_understood(name)

    def _is_of_column(self) -> bool:
        """Whether it is sqlalchemy-migrate's `table.c.name.drop()`."""
        owner = self._call.func.value if isinstance(self._call.func, ast.Attribute) else None
        return isinstance(owner, ast.Attribute) and name_of(owner.value) == "c"

    def _not_understood(self, name: str) -> None:
        is_removal = name.startswith(("drop", "rename", "remove", "delete")) or name == "alter_column"
        if is_removal:
            self._found.lost(name, self._call.lineno)
        else:
            self._found.is_partial = True

    def _operation(self, name: str) -> None:
        match name:
            case "add_column":
                column = self._after_table("column", 1)
                if not isinstance(column, ast.Call):
                    raise NotUnderstoodError
                self._columns(self._texts(argument(column, "name", 0)), is_gone=False)
            case "drop_column":
                self._columns(self._texts(self._after_table("column_name", 1)), is_gone=True)
            case "alter_column":
                new = next((k.value for k in self._call.keywords if k.arg == "new_column_name"), None)
                if new is not None:
                    self._columns(self._texts(self._after_table("column_name", 1)), is_gone=True)
                    self._columns(self._texts(new), is_gone=False)
            case "create_table" | "drop_table":
                self._tables(argument(self._call, "table_name", 0), is_gone=name == "drop_table")
            case "rename_table":
                self._tables(argument(self._call, "old_table_name", 0), is_gone=True)
                self._tables(argument(self._call, "new_table_name", 1), is_gone=False)
            case "execute":
                self._executed()
            case _ if _IRRELEVANT.fullmatch(name) is None:
                raise NotUnderstoodError
            case _:
                pass

    def _executed(self) -> None:
        """Note the SQL that is run; of SQL that is made elsewhere, whether its text here removes something."""
        node = argument(self._call, "sqltext", 0)
        try:
            texts = self._texts(node)
        except NotUnderstoodError:
            self._found.is_partial = self._found.is_partial or self._is_operation
            parts = (part for part in ast.walk(node or self._call) if isinstance(part, ast.Constant))
            if any(isinstance(part.value, str) and _REMOVAL.search(part.value) for part in parts):
                self._found.lost("SQL with names from elsewhere", self._call.lineno)
            return
        for text in texts:
            self._found.sql(text, self._call.lineno)

    def _helper(self, name: str) -> None:
        """Note what a function of the project says by its name: the table first, then the columns."""
        match = _HELPER.search(name)
        if match is None or _HELPERS_OF_RULES.search(name) or not self._call.args:
            return
        action, kind = match[1].lower(), match[2].lower()
        is_gone = action in {"drop", "remove", "delete"}
        if kind == "table":
            self._tables(self._call.args[0], is_gone=is_gone or action == "rename")
            return
        names = [self._name_in(node) for node in self._call.args[1:]]
        for index, node in enumerate(names):
            is_old = is_gone or (action == "rename" and index == 0)
            self._columns(self._texts(node), is_gone=is_old, table=self._call.args[0])

    def _name_in(self, node: ast.expr) -> ast.expr | None:
        return argument(node, "name", 0) if isinstance(node, ast.Call) else node

    def _after_table(self, name: str, position: int) -> ast.expr | None:
        """Return an argument that stands behind the table, which a batch has already."""
        return argument(self._call, name, position - 1 if self._batch is not None else position)

    def _columns(self, names: tuple[str, ...], *, is_gone: bool, table: ast.expr | None = None) -> None:
        where = self._batch or self._call
        schema = self._schema(where)
        for each in self._texts(table or argument(where, "table_name", 0)):
            for name in names:
                self._found.column(each, name, is_gone=is_gone, schema=schema)

    def _tables(self, node: ast.expr | None, *, is_gone: bool) -> None:
        for name in self._texts(node):
            self._found.table(name, is_gone=is_gone, schema=self._schema(self._call))

    def _schema(self, call: ast.Call) -> str:
        given = next((k.value for k in call.keywords if k.arg == "schema"), None)
        found = () if given is None or (isinstance(given, ast.Constant) and given.value is None) else self._texts(given)
        return found[0] if len(found) == 1 else "public"

    def _texts(self, node: ast.expr | None) -> tuple[str, ...]:
        return self._literals.texts(node)
