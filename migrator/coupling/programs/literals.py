"""What the names in a Python migration stand for: constants, loops over literals, arguments of local functions."""

import ast
import re
from collections.abc import Iterator
from string import Formatter

from migrator.coupling.programs.found import NotUnderstoodError

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEEP = 8
"""Names that lead to names: nobody writes more, and a name can lead to itself."""
_MANY = 200
_PLACE = re.compile(r"(%s|%\(\w+\)s)")
_WRAPPERS = frozenset({"text", "dedent", "DDL", "cleandoc"})


class Literals:
    """The values that the names of one module can have, as text."""

    def __init__(self, tree: ast.Module) -> None:
        self.functions = {node.name: node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)}
        self._classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        self._values: dict[str, list[ast.expr]] = {}
        nodes = list(ast.walk(tree))
        for node in nodes:
            for name, value in _bindings(node, self.functions):
                self._values.setdefault(name, []).append(value)
        for node in nodes:  # an outer loop stands before the inner one, whose list it may name
            if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
                for item in self._looped(node.iter):
                    for name, value in _unpacked(node.target, item):
                        self._values.setdefault(name, []).append(value)

    def _looped(self, node: ast.expr) -> tuple[ast.expr, ...]:
        """Return what a loop goes over, as far as it stands in the file."""
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="items" | "keys" | "values" as part), args=[]):
                return tuple(item for found in self._dicts(value) for item in _entries(found, part))
            case ast.Call(func=ast.Name(id="sorted" | "reversed" | "list" | "tuple" | "set"), args=[value, *_]):
                return self._looped(value)
            case _:
                pass
        try:
            return self.elements(node)
        except NotUnderstoodError:
            return tuple(item for found in self._dicts(node) for item in _entries(found, "keys"))

    def _dicts(self, node: ast.expr) -> tuple[ast.Dict, ...]:
        found = self._values.get(node.id, []) if isinstance(node, ast.Name) else [node]
        return tuple(value for value in found if isinstance(value, ast.Dict))

    def texts(self, node: ast.expr | None, depth: int = 0) -> tuple[str, ...]:
        """Return every text that an expression can be.

        Raises:
            NotUnderstoodError: it can be something that does not stand in the file.
        """
        if depth > _DEEP:
            raise NotUnderstoodError
        found = tuple(dict.fromkeys(self._each(node, depth + 1)))
        if len(found) > _MANY:
            raise NotUnderstoodError
        return found

    def _each(self, node: ast.expr | None, depth: int) -> Iterator[str]:
        match node:
            case ast.Constant(value=str(value)):
                yield value
            case ast.Name(id=name) if name in self._values:
                yield from (text for value in self._values[name] for text in self.texts(value, depth))
            case ast.Call(func=function, args=[first, *_]) if name_of(function) in _WRAPPERS:
                yield from self.texts(first, depth)
            case ast.Call(func=ast.Attribute(value=value, attr="strip")) | ast.FormattedValue(value=value):
                yield from self.texts(value, depth)
            case ast.Attribute(value=ast.Name(id=name), attr="__tablename__") if name in self._classes:
                yield from self.texts(_attribute(self._classes[name], "__tablename__"), depth)
            case ast.expr():
                for parts in self._parts(node, depth):
                    yield from self._joined(parts, depth)
            case None:
                raise NotUnderstoodError

    def _parts(self, node: ast.expr, depth: int) -> Iterator[list[ast.expr]]:
        """Yield the parts of a text that is put together, once for each pattern that it can be made from."""
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield [left, right]
            case ast.JoinedStr(values=parts):
                yield parts
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
                yield _formatted(text, node)
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="join"), args=[parts]):
                yield _between(self.elements(parts), text)
            case ast.BinOp(left=left, op=ast.Mod(), right=right):
                yield from (_put_in(text, right) for text in self.texts(left, depth))
            case _:
                raise NotUnderstoodError

    def _joined(self, parts: list[ast.expr], depth: int) -> tuple[str, ...]:
        found: tuple[str, ...] = ("",)
        for part in parts:
            ends = self.texts(part, depth)
            if len(found) * len(ends) > _MANY:
                raise NotUnderstoodError
            found = tuple(start + end for start in found for end in ends)
        return found

    def elements(self, node: ast.expr | None, depth: int = 0) -> tuple[ast.expr, ...]:
        """Return the elements of a literal list, of a name for one, or of a sum of them.

        Raises:
            NotUnderstoodError: it is made in another way.
        """
        match node:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return tuple(elements)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return (*self.elements(left, depth + 1), *self.elements(right, depth + 1))
            case ast.Name(id=name) if name in self._values and depth < _DEEP:
                return tuple(e for value in self._values[name] for e in self.elements(value, depth + 1))
            case _:
                raise NotUnderstoodError


def name_of(node: ast.expr | None) -> str:
    """Return the last name of `migrations.AddField`, `models.ForeignKey(…)` or `op`."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    """Return an argument by its name or its position."""
    found = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
    return found or (call.args[position] if position < len(call.args) else None)


def _attribute(node: ast.ClassDef, name: str) -> ast.expr | None:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and any(name_of(target) == name for target in statement.targets):
            return statement.value
    return None


_Functions = dict[str, ast.FunctionDef | ast.AsyncFunctionDef]


def _bindings(node: ast.AST, functions: _Functions) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a statement or a call of a local function gives values to."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.Call(func=ast.Name(id=name)) if name in functions:
            names = [argument.arg for argument in functions[name].args.args]
            yield from zip(names, node.args, strict=False)
            yield from ((k.arg, k.value) for k in node.keywords if k.arg is not None)
        case _:
            pass


def _entries(node: ast.Dict, part: str) -> Iterator[ast.expr]:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            yield {"keys": key, "values": value}.get(part) or ast.Tuple(elts=[key, value])


def _formatted(text: str, call: ast.Call) -> list[ast.expr]:
    """Return the parts of `"… {} {name}".format(a, name=b)`."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    parts: list[ast.expr] = []
    for number, (before, name, *_) in enumerate(Formatter().parse(text)):
        parts.append(ast.Constant(before))
        if name is not None:
            place = number if name == "" else int(name) if name.isdigit() else -1
            value = call.args[place] if 0 <= place < len(call.args) else named.get(name)
            if value is None:
                raise NotUnderstoodError
            parts.append(value)
    return parts


def _between(parts: tuple[ast.expr, ...], text: str) -> list[ast.expr]:
    """Return the parts of `" ".join(["a", "b"])`."""
    found = [each for part in parts for each in (ast.Constant(text), part)]
    return found[1:]


def _put_in(text: str, right: ast.expr) -> list[ast.expr]:
    """Return the parts of `"… %s %s" % (a, b)` and `"… %(name)s" % {"name": a}`."""
    values = list(right.elts) if isinstance(right, ast.Tuple) else [right]
    pairs = zip(right.keys, right.values, strict=True) if isinstance(right, ast.Dict) else ()
    named = {key.value: value for key, value in pairs if isinstance(key, ast.Constant)}
    parts: list[ast.expr] = []
    for number, piece in enumerate(_PLACE.split(text)):
        if number % 2 == 0:
            parts.append(ast.Constant(piece))
            continue
        value = named.get(piece[2:-2]) if piece != "%s" else values.pop(0) if values else None
        if value is None:
            raise NotUnderstoodError
        parts.append(value)
    return parts


def _unpacked(target: ast.expr, item: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, item
    elif isinstance(target, ast.Tuple) and isinstance(item, ast.Tuple | ast.List):
        for inner, value in zip(target.elts, item.elts, strict=False):
            yield from _unpacked(inner, value)
