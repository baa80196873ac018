"""SQLAlchemy: declarative classes and `Table(…)`. A mapped column is read and written by code that never names it."""

import ast
from collections.abc import Iterable, Iterator

from migrator.references.reference import Confidence, Place, Reference, Usage

_COLUMNS = frozenset({"Column", "mapped_column"})
_NO_MODELS = frozenset({"object", "DeclarativeBase", "DeclarativeBaseNoMeta", "MappedAsDataclass", "ABC", "Protocol"})
_WRAPPERS = frozenset({"deferred", "column_property", "query_expression"})


def scan(path: str, nodes: Iterable[ast.AST]) -> Iterator[Reference]:
    """Yield each mapped table and column of a module."""
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from _class(path, node)
        elif isinstance(node, ast.Call) and _name(node.func) == "Table":
            yield from _table(path, node)


def _class(path: str, node: ast.ClassDef) -> Iterator[Reference]:
    table, schema = None, None
    for target, value in _assignments(node):
        if target == "__tablename__":
            table = _constant(value)
        elif target == "__table_args__":
            schema = _schema_of(value)
    columns = [(name, place) for name, place in _mapped(node)]
    if any(k.arg == "table" and isinstance(k.value, ast.Constant) and k.value.value for k in node.keywords):
        table, columns = table or node.name.lower(), list(_annotated(node))
    if table is None:
        # a mixin: whichever table it is mixed into has the column
        yield from (_reference(path, "", None, name, place) for name, place in columns if _is_inherited(node))
        return
    yield _reference(path, table, schema, None, node)
    yield from (_reference(path, table, schema, name, place) for name, place in columns)


def _mapped(node: ast.ClassDef) -> Iterator[tuple[str, ast.stmt]]:
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if (
                found := _column(call)
            ) is not None:
                yield _explicit_name(found) or name, statement
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                found = _column(value) if isinstance(value, ast.Call) else None
                if found is not None:
                    yield _explicit_name(found) or name, statement
                elif value is None and _name(annotation) == "Mapped":
                    yield name, statement
            case _:
                pass


def _annotated(node: ast.ClassDef) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the columns of a SQLModel: its annotations, without relationships."""
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                called = _name(value.func) if isinstance(value, ast.Call) else ""
                if called != "Relationship" and _name(annotation) != "ClassVar":
                    yield name, statement
            case _:
                pass


def _is_inherited(node: ast.ClassDef) -> bool:
    """Whether others get their columns from the class; a model whose table a base names is told by its own name."""
    values = (s.value for s in node.body if isinstance(s, ast.Assign | ast.AnnAssign))
    if any(isinstance(value, ast.Call) and _column(value) is not None for value in values):
        return True
    bases = [_name(base) for base in node.bases]
    return all(base.endswith("Mixin") or base in _NO_MODELS for base in bases) or any(
        target == "__abstract__" for target, _ in _assignments(node)
    )


def _column(call: ast.Call) -> ast.Call | None:
    """Return the call that makes a column, inside `deferred(…)` too."""
    name = _name(call.func)
    if name in _COLUMNS:
        return call
    if name in _WRAPPERS and call.args and isinstance(call.args[0], ast.Call):
        return _column(call.args[0])
    return None


def _table(path: str, call: ast.Call) -> Iterator[Reference]:
    name = _constant(call.args[0]) if call.args else None
    if name is None:
        return
    schema = next((_constant(k.value) for k in call.keywords if k.arg == "schema"), None)
    yield _reference(path, name, schema, None, call)
    for argument in call.args[1:]:
        if isinstance(argument, ast.Call) and _column(argument) is not None:
            column = _explicit_name(argument)
            if column is not None:
                yield _reference(path, name, schema, column, argument)


def _explicit_name(call: ast.Call) -> str | None:
    named = next((k.value for k in call.keywords if k.arg == "name"), call.args[0] if call.args else None)
    return _constant(named)


def _assignments(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            yield _name(statement.targets[0]), statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            yield _name(statement.target), statement.value


def _schema_of(value: ast.expr) -> str | None:
    last = value.elts[-1] if isinstance(value, ast.Tuple) and value.elts else value
    if not isinstance(last, ast.Dict):
        return None
    pairs = zip(last.keys, last.values, strict=True)
    return next((_constant(item) for key, item in pairs if _constant(key) == "schema"), None)


def _reference(path: str, table: str, schema: str | None, column: str | None, node: ast.stmt | ast.expr) -> Reference:
    confidence = Confidence.EXACT if table else Confidence.TOKEN
    place = Place(path, node.lineno, node.col_offset + 1)
    return Reference(table, place, confidence, Usage.MAPPED, column, schema)


def _constant(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
