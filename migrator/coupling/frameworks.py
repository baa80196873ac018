"""Migrations that are programs: what Django's and Alembic's operations add and remove, read from their syntax tree.

Only operations with constant names are understood. A file with another operation has no entry, and its phase is
unknown: nothing that was not read passes for harmless. The table of a Django model is `<app>_<model>`, as Django
names it.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from migrator.coupling.evidence import DatabaseObject, SqlFile
from migrator.coupling.sql_files import mixed_reason, objects_of

_IRRELEVANT = frozenset(
    "AddIndex RemoveIndex RenameIndex AddConstraint RemoveConstraint AlterModelOptions AlterModelManagers AlterField"
    " AlterUniqueTogether AlterIndexTogether AlterOrderWithRespectTo AddIndexConcurrently RemoveIndexConcurrently"
    " AlterModelTableComment ValidateConstraint AddConstraintNotValid RunPython create_index drop_index"
    " create_foreign_key create_unique_constraint create_check_constraint create_primary_key drop_constraint"
    " create_table_comment drop_table_comment get_bind get_context bulk_insert f batch_alter_table".split()
)
"""Operations that make and remove neither tables nor columns; the linter judges what they lock."""


class _NotUnderstoodError(Exception):
    """An operation, or a name in it, that is no constant."""


@dataclass(slots=True)
class _Found:
    adds: list[DatabaseObject] = field(default_factory=list[DatabaseObject])
    removes: list[DatabaseObject] = field(default_factory=list[DatabaseObject])

    def column(self, table: str, name: str, *, is_gone: bool) -> None:
        item = DatabaseObject(kind="column", schema_name="public", table=table, name=name)
        (self.removes if is_gone else self.adds).append(item)

    def table(self, name: str, *, is_gone: bool) -> None:
        item = DatabaseObject(kind="table", schema_name="public", name=name)
        (self.removes if is_gone else self.adds).append(item)

    def sql(self, text: str) -> None:
        read = objects_of(text)
        if read is None:
            raise _NotUnderstoodError
        self.adds += read[0]
        self.removes += read[1]


def read_framework_file(path: str, read: Callable[[str], str | None]) -> SqlFile | None:
    """Return what a migration program does; None when it is none of ours, or cannot be told."""
    text = read(path) if path.endswith(".py") else None
    if text is None:
        return None
    try:
        tree = ast.parse(text)
        found = _read(tree, PurePosixPath(path))
    except (SyntaxError, ValueError, RecursionError, _NotUnderstoodError):
        return None
    if found is None:
        return None
    adds, removes = tuple(dict.fromkeys(found.adds)), tuple(dict.fromkeys(found.removes))
    tables = dict.fromkeys(item.table or item.name for item in (*adds, *removes))
    return SqlFile(
        path=path,
        migration=PurePosixPath(path).stem,
        phase="none",
        adds=adds,
        removes=removes,
        tables=tuple(DatabaseObject(kind="table", schema_name="public", name=name) for name in tables),
        mixed=mixed_reason("none", adds, removes),
    )


def _read(tree: ast.Module, path: PurePosixPath) -> _Found | None:
    operations = next(_django_operations(tree), None)
    if operations is not None:
        found = _Found()
        _django(operations, path.parent.parent.name, found)
        return found
    upgrade = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "upgrade"), None)
    if upgrade is None:
        return None
    found = _Found()
    for call in (node for node in ast.walk(upgrade) if isinstance(node, ast.Call)):
        _alembic(call, found)
    return found


def _django_operations(tree: ast.Module) -> Iterator[ast.expr]:
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Migration")
    for node in (statement for found in classes for statement in found.body):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "operations" for t in node.targets):
            yield node.value


def _django(operations: ast.expr, app: str, found: _Found) -> None:
    if not isinstance(operations, ast.List | ast.Tuple):
        raise _NotUnderstoodError
    for call in operations.elts:
        if not isinstance(call, ast.Call):
            raise _NotUnderstoodError
        _django_operation(call, app, found)


def _django_operation(call: ast.Call, app: str, found: _Found) -> None:
    match _name(call.func):
        case "AddField" | "RemoveField" as kind:
            table = _table(app, _text(call, "model_name", 0))
            for name in _columns(call, _text(call, "name", 1), is_gone=kind == "RemoveField"):
                found.column(table, name, is_gone=kind == "RemoveField")
        case "RenameField":
            table = _table(app, _text(call, "model_name", 0))
            found.column(table, _text(call, "old_name", 1), is_gone=True)
            found.column(table, _text(call, "new_name", 2), is_gone=False)
        case "CreateModel" | "DeleteModel" as kind:
            found.table(_table(app, _text(call, "name", 0)), is_gone=kind == "DeleteModel")
        case "RenameModel":
            found.table(_table(app, _text(call, "old_name", 0)), is_gone=True)
            found.table(_table(app, _text(call, "new_name", 1)), is_gone=False)
        case "RunSQL":
            found.sql(_text(call, "sql", 0))
        case "SeparateDatabaseAndState":
            inner = _argument(call, "database_operations", 0)
            if inner is not None:
                _django(inner, app, found)
        case name if name in _IRRELEVANT:
            pass
        case _:
            raise _NotUnderstoodError


def _columns(call: ast.Call, name: str, *, is_gone: bool) -> Iterator[str]:
    """Yield the column of a field: a foreign key's ends in `_id`; which it was when removed the file does not say."""
    kind = _name(_argument(call, "field", 2))
    if is_gone:
        yield name
        yield f"{name}_id"
    elif kind in {"ForeignKey", "OneToOneField"}:
        yield f"{name}_id"
    elif kind != "ManyToManyField":
        yield name


def _alembic(call: ast.Call, found: _Found) -> None:
    if not (isinstance(call.func, ast.Attribute) and _name(call.func.value) in {"op", "batch_op"}):
        return
    match call.func.attr:
        case "add_column":
            column = _argument(call, "column", 1)
            if not isinstance(column, ast.Call):
                raise _NotUnderstoodError
            found.column(_text(call, "table_name", 0), _text(column, "name", 0), is_gone=False)
        case "drop_column":
            found.column(_text(call, "table_name", 0), _text(call, "column_name", 1), is_gone=True)
        case "alter_column":
            _alembic_rename(call, found)
        case "create_table" | "drop_table" as kind:
            found.table(_text(call, "table_name", 0), is_gone=kind == "drop_table")
        case "rename_table":
            found.table(_text(call, "old_table_name", 0), is_gone=True)
            found.table(_text(call, "new_table_name", 1), is_gone=False)
        case "execute":
            found.sql(_text(call, "sqltext", 0))
        case name if name in _IRRELEVANT:
            pass
        case _:
            raise _NotUnderstoodError


def _alembic_rename(call: ast.Call, found: _Found) -> None:
    renamed = next((keyword.value for keyword in call.keywords if keyword.arg == "new_column_name"), None)
    if renamed is not None:
        table = _text(call, "table_name", 0)
        found.column(table, _text(call, "column_name", 1), is_gone=True)
        found.column(table, _constant(renamed), is_gone=False)


def _table(app: str, model: str) -> str:
    return f"{app}_{model.lower()}"


def _name(node: ast.expr | None) -> str:
    """Return the last name of `migrations.AddField`, `models.ForeignKey(…)` or `op`."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    found = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    return found or (call.args[position] if position < len(call.args) else None)


def _text(call: ast.Call, name: str, position: int) -> str:
    return _constant(_argument(call, name, position))


def _constant(node: ast.expr | None) -> str:
    """Return the text of a literal, also inside `text("…")`."""
    if isinstance(node, ast.Call) and _name(node) == "text" and node.args:
        node = node.args[0]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise _NotUnderstoodError
