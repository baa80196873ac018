"""Names that were found without their table: they say nothing when other tables have a column of that name.

Which columns other tables have is known from the schema, from the models that the scan met, and from the picture of
the schema that Rails and others keep in the repository.
"""

import re
from collections.abc import Callable, Iterator

from migrator.git import Blob, Repository
from migrator.references.decoded import text_of
from migrator.references.known import Known
from migrator.references.reference import Reference, Usage

_PICTURES = frozenset({"schema.rb", "structure.sql", "schema.sql", "dump.sql", "schema.prisma"})
_TABLE = re.compile(
    r"^[ \t]*create_table[ (]+['\"](?P<ruby>\w+)['\"].*?^[ \t]*end\b"
    r"|^CREATE TABLE (?:\w+\.)?\"?(?P<sql>\w+)\"? \(.*?^\)"
    r"|^model (?P<prisma>\w+) \{.*?^\}",
    re.MULTILINE | re.DOTALL,
)
_COLUMN = re.compile(r"^[ \t]+(?:t\.\w+ ['\"](\w+)['\"]|\"?([A-Za-z_]\w*)\"?[ \t])", re.MULTILINE)


def without_ambiguous(
    references: tuple[Reference, ...], known: Known, pictures: Callable[[], Iterator[str]]
) -> tuple[Reference, ...]:
    """Return the references without names that stand alone and that other tables have too."""
    if not any(map(_stands_alone, references)):
        return references
    tables = {table.name for table, _ in known.asked()}
    elsewhere = set(known.elsewhere())
    elsewhere |= {r.column for r in references if r.usage is Usage.MAPPED and r.table not in tables and r.column}
    for text in pictures():
        elsewhere |= set(_columns(text, tables))
    return tuple(r for r in references if not (_stands_alone(r) and r.column in elsewhere))


def pictures_of(repository: Repository, files: tuple[Blob, ...]) -> Iterator[str]:
    """Yield the pictures of the schema among the files of a commit."""
    found = [blob.id for blob in files if blob.path.rpartition("/")[2] in _PICTURES]
    yield from (text_of(content) for _, content in repository.contents(found))


def _stands_alone(reference: Reference) -> bool:
    return reference.table == "" and reference.usage is not Usage.MAPPED


def _columns(text: str, tables: set[str]) -> Iterator[str]:
    for match in _TABLE.finditer(text):
        if (match["ruby"] or match["sql"] or match["prisma"]) not in tables:
            yield from (ruby or other for ruby, other in _COLUMN.findall(match[0]))
