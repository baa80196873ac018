"""What is no row of a table: `err.name`, `response.status`, `request.GET["name"]`, `Thread(name="x")`.

A common name of a column says nothing there. A distinctive one counts wherever it stands, and an owner that is named
like the table is a row all the same: `file.name` where the table is uploaded_files.
"""

import ast
from collections.abc import Iterable, Iterator

from migrator.references.spellings import folded

_OWNERS = frozenset(
    "request req response resp res file fp path os sys logger logging log thread process proc parser args err error exc"
    " exception ex cls func fn function constructor __class__ class module tag event evt target currenttarget environ"
    " env environment settings config conf socket sock queue task mock cursor conn connection engine console window"
    " document math json fs window location navigator http https url uri router route get post files meta headers"
    " header cookies session params query_params queryparams searchparams server client browser stat stats element el"
    " dom node field column constraint index signal option options props style spec enum package pkg plugin command cmd"
    " branch repo commit workflow job build worker stream buffer blob img image canvas form input button".split()
)
_CALLS = frozenset(
    "getlogger thread process timer path re_path url reverse route option argument add_argument add_parser register"
    " namedtuple enum patch mock magicmock open namedtemporaryfile temporaryfile index uniqueconstraint checkconstraint"
    " exclusionconstraint task shared_task create_task counter gauge histogram summary jsonresponse response"
    " httpresponse httpexception render redirect abort make_response websocketexception streamingresponse fileresponse"
    " group command apirouter blueprint router signal".split()
)
_ASKING = frozenset({"get", "pop", "getlist", "setdefault", "getenv"})


def is_owner(name: str) -> bool:
    """Whether a name is usually no row, but an answer, an error, a file."""
    return name.lower() in _OWNERS


def is_like(owner: str, tables: Iterable[str]) -> bool:
    """Whether an owner is named like a table, whose names are given folded: then it is one of its rows."""
    name = folded(owner)
    return any(name in table or table in name for table in tables)


def owners_in(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield the attributes, keywords and texts of a module that belong to what is no row, by their `id`."""
    for node in nodes:
        if isinstance(node, ast.Attribute):
            yield from _of(node.value, node)
        elif isinstance(node, ast.Subscript):
            yield from _of(node.value, node.slice)
        elif isinstance(node, ast.Call):
            name = _name(node.func)
            if name.lower() in _CALLS:
                yield from ((id(keyword), name) for keyword in node.keywords)
            elif name in _ASKING and isinstance(node.func, ast.Attribute) and node.args:
                yield from _of(node.func.value, node.args[0])


def _of(owner: ast.expr, what: ast.AST) -> Iterator[tuple[int, str]]:
    name = _name(owner)
    if is_owner(name):
        yield id(what), name


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
