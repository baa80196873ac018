"""Django: models with their tables and columns as Django names them. It names every field in each SELECT."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from migrator.references.reference import Confidence, Place, Reference, Usage

_RELATIONS = frozenset({"ForeignKey", "OneToOneField", "ParentalKey"})
_NO_COLUMN = frozenset({"ManyToManyField", "GenericRelation", "GenericForeignKey", "ParentalManyToManyField"})


def scan(path: str, tree: ast.Module) -> Iterator[Reference]:
    """Yield each table and column of the module's models."""
    if not _imports_django(tree):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _model(path, node)


def _imports_django(tree: ast.Module) -> bool:
    """Whether the module can hold models: it imports something of Django's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "django":
            return True
        if isinstance(node, ast.Import) and any(name.name.partition(".")[0] == "django" for name in node.names):
            return True
    return False


def _model(path: str, node: ast.ClassDef) -> Iterator[Reference]:
    fields = list(_fields(node))
    bases = [_name(base) for base in node.bases]
    if not fields and not any(base == "Model" or base.endswith("Model") for base in bases):
        return
    meta = _meta(node)
    if meta.get("abstract") is True:
        table = ""  # whichever model inherits it has the columns
    else:
        app = str(meta.get("app_label") or _app(path))
        table = str(meta.get("db_table") or f"{app}_{node.name.lower()}")
        yield _reference(path, table, None, node)
    for column, statement in fields:
        yield _reference(path, table, column, statement)


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ast.stmt]]:
    for statement in node.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call)
            ):
                kind = _name(call.func)
                if (kind.endswith("Field") or kind in _RELATIONS) and kind not in _NO_COLUMN:
                    named = next((_constant(k.value) for k in call.keywords if k.arg == "db_column"), None)
                    yield str(named or (f"{name}_id" if kind in _RELATIONS else name)), statement
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
