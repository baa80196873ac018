"""What gorm's AutoMigrate adds: the fields of a struct that the migration declares for itself."""

import re
from collections.abc import Iterator

_AUTO_MIGRATE = re.compile(r"\.AutoMigrate\((?P<models>[^()]*(?:\([^()]*\)[^()]*)*)\)")
_MODEL = re.compile(r"(?:&|new\()\s*(\w+)\b(?!\.)")
_STRUCT = re.compile(r"\btype\s+(?P<name>\w+)\s+struct\s*\{(?P<fields>.*?)^[ \t]*\}", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^[ \t]*(?P<name>[A-Z]\w*)[ \t]+(?P<type>[^\s`]+)[^\n`]*(?:`(?P<tag>[^`]*)`)?", re.MULTILINE)
_COLUMN = re.compile(r"\bcolumn:(\w+)")


def auto_migrated(text: str) -> Iterator[tuple[str, str]]:
    """Yield each struct of this file that is migrated with each of its columns."""
    structs = {match["name"]: match["fields"] for match in _STRUCT.finditer(text)}
    for call in _AUTO_MIGRATE.finditer(text):
        for model in _MODEL.findall(call["models"]):
            yield from ((model, column) for column in _columns(structs.get(model, "")))


def _columns(fields: str) -> Iterator[str]:
    for field in _FIELD.finditer(fields):
        tag = field["tag"] or ""
        if 'gorm:"-' in tag or field["name"] == "ID":
            continue
        named = _COLUMN.search(tag)
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", field["name"])
        yield named[1] if named else words.lower()
