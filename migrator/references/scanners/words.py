"""Text that nobody parses: a column's name in a file that names its table too, in any of the usual spellings.

`legacy_mail` of `user_accounts` is looked for as legacy_mail, legacyMail and LegacyMail beside user_accounts,
userAccounts, UserAccounts and their singulars, because ORMs of other languages change the spelling.
"""

import re
from collections.abc import Iterator

from migrator.names import TableName
from migrator.references.file_scan import FileScan
from migrator.references.known import Known
from migrator.references.reference import Confidence, Place, Reference, Usage
from migrator.references.spellings import column_spellings, table_spellings

SUFFIXES = (
    *(".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".vue", ".svelte", ".rb", ".erb", ".rake", ".go", ".java", ".kt"),
    *(".scala", ".groovy", ".php", ".cs", ".fs", ".rs", ".ex", ".exs", ".eex", ".heex", ".swift", ".dart", ".lua"),
    *(".pl", ".pm", ".r", ".clj", ".hs", ".ml", ".c", ".cc", ".cpp", ".h", ".sh", ".bash", ".graphql", ".gql"),
    *(".jinja", ".j2", ".html", ".tmpl", ".yml", ".yaml", ".json", ".toml", ".xml", ".prisma", ".properties"),
)

_WORD = re.compile(r"[^\W\d]\w*")


def scan(path: str, text: str, known: Known) -> FileScan:
    """Return what the words of the file can mean."""
    return FileScan(tuple(scan_words(path, text, known)))


def scan_words(path: str, text: str, known: Known, line: int = 1) -> Iterator[Reference]:
    """Yield one reference per column and line in which it is named, in texts that name its table.

    Args:
        path: of the file.
        text: to compare.
        known: the tables that are looked for.
        line: of the text's first line in the file.
    """
    if not known.may_be_used_in(text):
        return
    words = set(_WORD.findall(text))
    for table, columns in known.columns.items():
        if known.wanted is not None and table not in known.wanted:
            continue
        names = words & table_spellings(table.name)
        if names:
            yield from _table(path, text, table, names, line)
            wanted = {spelling: column for column in columns for spelling in column_spellings(column)}
            if present := words & wanted.keys():
                yield from _columns(path, text, table, {word: wanted[word] for word in present}, line)


def _table(path: str, text: str, table: TableName, names: set[str], line: int) -> Iterator[Reference]:
    number, column, _ = next(_places(text, names))
    place = Place(path, line + number, column)
    yield Reference(table.name, place, Confidence.TOKEN, Usage.UNKNOWN, schema=table.schema)


def _columns(path: str, text: str, table: TableName, wanted: dict[str, str], line: int) -> Iterator[Reference]:
    seen: set[tuple[int, str]] = set()
    for number, column, word in _places(text, set(wanted)):
        if (number, wanted[word]) not in seen:
            seen.add((number, wanted[word]))
            place = Place(path, line + number, column)
            yield Reference(table.name, place, Confidence.TOKEN, Usage.UNKNOWN, wanted[word], table.schema)


def _places(text: str, words: set[str]) -> Iterator[tuple[int, int, str]]:
    """Yield 0-based line, 1-based column and word for each of these words."""
    for number, line in enumerate(text.split("\n")):
        for match in _WORD.finditer(line):
            if match[0] in words:
                yield number, match.start() + 1, match[0]
