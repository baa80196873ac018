"""The classes, structs and constants that code maps to a table whose name they do not tell: `Account` to `app_users`.

Read from how each ORM writes it down. With them a common column is found where only the class is named.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

_GO = (
    r"func\s*\(\s*(?:\w+\s+)?\*?(?P<c>\w+)\s*\)\s*TableName\(\)\s*string\s*\{\s*return\s+[\"`](?P<t>[\w.]+)[\"`]",
    r"\btype\s+(?P<c>\w+)\s+struct\s*\{[^}]*?\b(?:bun|pg):\"(?:table:)?(?P<t>\w+)[,\"]",
)
_JAVA = (
    r"@Table\((?:[^)\"]*\bschema\s*=\s*\"\w*\"\s*,)?\s*(?:\bname\s*=\s*)?\"(?P<t>\w+)\".{0,600}?\bclass\s+(?P<c>\w+)",
    r"\bobject\s+(?P<c>\w+)\s*:\s*\w*Table\w*(?:<[^>]*>)?\(\s*\"(?P<t>[\w.]+)\"",
)
_JAVASCRIPT = (
    r"@(?:Entity|Table)\(\s*(?:\{[^}]*?\b(?:name|tableName):\s*)?['\"`](?P<t>[\w.]+)['\"`].{0,400}?\bclass\s+(?P<c>\w+)",
    r"\bdefine\(\s*['\"](?P<c>\w+)['\"](?:(?!\bdefine\().){0,6000}?\btableName:\s*['\"](?P<t>\w+)",
    r"\bclass\s+(?P<c>\w+)\s+extends\s+\w*Model\b(?:(?!\bclass\s).){0,6000}?\btableName\W{1,6}(?:return\s*)?['\"](?P<t>\w+)",
    r"\b(?:const|let|var)\s+(?P<c>\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?\w*[tT]able\w*\(\s*['\"`](?P<t>\w+)",
)
_CSHARP = (
    r"\[Table\(\s*\"(?P<t>\w+)\".{0,400}?\b(?:class|record)\s+(?P<c>\w+)",
    r"\bEntity<(?:\w+\.)*(?P<c>\w+)>(?:(?!\bEntity<).){0,600}?\.ToTable\(\s*\"(?P<t>\w+)\"",
    r"\bEntityTypeConfiguration<(?:\w+\.)*(?P<c>\w+)>.{0,1500}?\.ToTable\(\s*\"(?P<t>\w+)\"",
    r"\bDbSet<(?:\w+\.)*(?P<c>\w+)\??>\s+(?P<t>\w+)",
)
_RUST = (r"\btable_name\s*=\s*\"?(?:\w+::)*(?P<t>\w+)\"?(?:(?!\bstruct\b).){0,400}?\bstruct\s+(?P<c>\w+)",)
_ELIXIR = (r"\bdefmodule\s+(?:\w+\.)*(?P<c>\w+)\s+do\b(?:(?!\bdefmodule\b).){0,4000}?\bschema\s*\(?\s*\"(?P<t>\w+)\"",)
_PRISMA = (r"^\s*model\s+(?P<c>\w+)\s*\{(?:(?!^\s*\}).)*?@@map\(\s*(?:name:\s*)?\"(?P<t>\w+)\"",)


def _patterns(*rows: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(row, re.DOTALL | re.MULTILINE) for row in rows)


_OF_SUFFIX = {
    ".go": _patterns(*_GO),
    **dict.fromkeys((".java", ".kt", ".scala", ".groovy"), _patterns(*_JAVA)),
    **dict.fromkeys((".ts", ".tsx", ".js", ".mjs", ".cjs", ".mts", ".cts"), _patterns(*_JAVASCRIPT)),
    ".cs": _patterns(*_CSHARP),
    ".rs": _patterns(*_RUST),
    **dict.fromkeys((".ex", ".exs"), _patterns(*_ELIXIR)),
    ".prisma": _patterns(*_PRISMA),
}
_MARKS = (
    "able(",
    "Entity(",
    "ableName",
    "able:",
    "DbSet<",
    "table_name",
    "@@map",
    "schema ",
    "schema(",
    "define(",
    "pg:",
)
"""Words without which no pattern matches: most files have none of them."""
_NAMELESS = frozenset({"Model", "Entity"})
"""How SeaORM calls each struct: there the file has the name."""


def classes_in(path: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield each table that the text maps, without its schema, and the class that it maps it to."""
    file = PurePosixPath(path)
    patterns = _OF_SUFFIX.get(file.suffix, ())
    if not patterns or not any(mark in text for mark in _MARKS):
        return
    for pattern in patterns:
        for match in pattern.finditer(text):
            name = match["c"]
            if name in _NAMELESS:
                name = file.parent.name if file.stem == "mod" else file.stem
            yield match["t"].rpartition(".")[2], name
