"""Prisma's schema: its client names every field of a model in each statement, so a field is a use of its column.

A field or a model with `@ignore` is in no client: that is how a column is prepared for its removal.
"""

import re
from collections.abc import Iterator

from migrator.references.file_scan import FileScan
from migrator.references.known import Known
from migrator.references.reference import Confidence, Place, Reference, Usage

SUFFIXES = (".prisma",)

_MODEL = re.compile(r"^[ \t]*model[ \t]+(?P<name>\w+)[ \t]*\{(?P<body>.*?)^[ \t]*\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^[ \t]*(?P<name>[A-Za-z]\w*)[ \t]+(?P<type>[A-Za-z]\w*)")
_MAP = re.compile(r"(?<!@)@map\(\s*(?:name:\s*)?\"(\w+)\"")
_TABLE = re.compile(r"@@map\(\s*(?:name:\s*)?\"(\w+)\"")
_IGNORE = re.compile(r"(?<!@)@ignore\b")


def scan(path: str, text: str, known: Known) -> FileScan:
    """Return the tables and columns of the models."""
    models = {match["name"] for match in _MODEL.finditer(text)}
    found = (each for match in _MODEL.finditer(text) for each in _model(path, text, match, models, known))
    return FileScan(tuple(found))


def _model(path: str, text: str, match: re.Match[str], models: set[str], known: Known) -> Iterator[Reference]:
    body = match["body"]
    if "@@ignore" in body:
        return
    named = _TABLE.search(body)
    table = named[1] if named is not None else match["name"]
    schema, line = known.schema_of(table), text.count("\n", 0, match.start()) + 1
    yield Reference(table, Place(path, line), Confidence.EXACT, Usage.MAPPED, schema=schema)
    first = text.count("\n", 0, match.start("body")) + 1
    for number, content in enumerate(body.split("\n")):
        field = _FIELD.match(content)
        if field is None or _IGNORE.search(content) or field["type"] in models:
            continue
        mapped = _MAP.search(content)
        column = mapped[1] if mapped is not None else field["name"]
        place = Place(path, first + number, field.start("name") + 1)
        yield Reference(table, place, Confidence.EXACT, Usage.MAPPED, column, schema)
