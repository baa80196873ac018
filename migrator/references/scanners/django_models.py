"""Django: models with their tables and columns as Django names them. It names every field in each SELECT.

A migration calls a table `<app>_<model>` even when the model's `db_table` is another, so a model has both names where
one of them is asked for.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from migrator.names import TableName
from migrator.references.known import Known
from migrator.references.reference import Confidence, Place, Reference, Usage

_RELATIONS = frozenset({"ForeignKey", "OneToOneField", "ParentalKey"})
_OTHERS = frozenset({"tortoise", "sqlalchemy", "sqlmodel", "peewee", "piccolo", "ormar", "edgy", "gino"})
"""Packages with models of their own, whose tables are named otherwise."""
_NO_COLUMN = frozenset({"ManyToManyField", "GenericRelation", "GenericForeignKey", "ParentalManyToManyField"})


def scan(path: str, nodes: Sequence[ast.AST], known: Known) -> Iterator[Reference]:
    """Yield each table and column of the module's models."""
    if not _imports_django(nodes):
        return
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from _model(path, node, known)


def _imports_django(nodes: Iterable[ast.AST]) -> bool:
    """Whether the module can hold models: it imports something of Django's, or of a package that wraps its models."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        else:
            continue
        if any(_wraps_django(name) for name in names):
            return True
    return False


def _wraps_django(module: str) -> bool:
    root = module.partition(".")[0]
    return root == "django" or (".models" in module and root not in _OTHERS)


def _model(path: str, node: ast.ClassDef, known: Known) -> Iterator[Reference]:
    fields = list(_fields(node))
    bases = [_name(base) for base in node.bases]
    if not fields and not any(base == "Model" or base.endswith("Model") for base in bases):
        return
    meta = _meta(node)
    if meta.get("abstract") is True:
        # whichever model inherits it has the columns
        yield from (_reference(path, "", column, statement) for column, statement in fields)
        return
    for table in _tables(path, node.name.lower(), meta, known):
        yield _reference(path, table, None, node)
        yield from (_reference(path, table, column, statement) for column, statement in fields)


def _tables(path: str, model: str, meta: dict[str, object], known: Known) -> Iterator[str]:
    """Yield the table's name, and those by which a migration may call it and which are asked for."""
    label = str(meta.get("app_label") or _app(path))
    table = str(meta.get("db_table") or f"{label}_{model}")
    yield table
    for other in dict.fromkeys((f"{label}_{model}", f"{_app(path)}_{model}")):
        if other != table and known.wanted is not None and TableName("public", other) in known.wanted:
            yield other


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ast.stmt]]:
    for statement in node.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call)
            ):
                kind = _name(call.func)
                is_relation = kind in _RELATIONS or kind.endswith("ForeignKey")
                if (kind.endswith("Field") or is_relation) and kind not in _NO_COLUMN:
                    named = next((_constant(k.value) for k in call.keywords if k.arg == "db_column"), None)
                    is_id = name.endswith("_id") and kind not in _RELATIONS
                    yield str(named or (f"{name}_id" if is_relation and not is_id else name)), statement
            case _:
                pass


def _meta(node: ast.ClassDef) -> dict[str, object]:
    inner = next((s for s in node.body if isinstance(s, ast.ClassDef) and s.name == "Meta"), None)
    assigned = (s for s in inner.body if isinstance(s, ast.Assign)) if inner else ()
    return {_name(s.targets[0]): _constant(s.value) for s in assigned}


def _app(path: str) -> str:
    """Return the app's label: the folder of models.py, or the one above the folder models/."""
    folders = PurePosixPath(path).parent.parts
    if "models" in folders:
        folders = folders[: folders.index("models")]
    return folders[-1] if folders else ""


def _reference(path: str, table: str, column: str | None, node: ast.stmt) -> Reference:
    confidence = Confidence.EXACT if table else Confidence.TOKEN
    return Reference(table, Place(path, node.lineno, node.col_offset + 1), confidence, Usage.MAPPED, column)


def _constant(node: ast.expr) -> object:
    """Return the value of a literal; Django quotes some tables' names as `'"schema"."table"'`."""
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, str):
        return value.replace('"', "").rpartition(".")[2]
    return value


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
