"""Text that nobody parses: a column's name in a file that names its table too, in any of the usual spellings.

`legacy_mail` of `user_accounts` is looked for as legacy_mail, legacyMail and LegacyMail beside user_accounts,
userAccounts, UserAccounts, their singulars and words that end so, because ORMs of other languages change the spelling.
A distinctive name counts in a file that does not name the table as well, where it is a member, a key or a text.
Comments do not count, and neither does a column that a model is told to ignore.
"""

import re
from collections.abc import Iterable, Iterator

from migrator.names import TableName
from migrator.references.alone import members
from migrator.references.comments import without_comments
from migrator.references.declarations import is_api_description, is_generated_declaration
from migrator.references.file_scan import FileScan
from migrator.references.implied import implied_columns
from migrator.references.known import Known
from migrator.references.reference import Confidence, Place, Reference, Usage
from migrator.references.spellings import accessors_of, column_spellings, is_distinctive, parts_of
from migrator.references.unrelated import is_like, is_owner
from migrator.references.whole_rows import whole_rows

SUFFIXES = (
    *(".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".vue", ".svelte", ".rb", ".erb", ".rake", ".go", ".java", ".kt"),
    *(".scala", ".groovy", ".php", ".cs", ".fs", ".rs", ".ex", ".exs", ".eex", ".heex", ".swift", ".dart", ".lua"),
    *(".pl", ".pm", ".r", ".clj", ".hs", ".ml", ".sq", ".c", ".cc", ".cpp", ".h", ".sh", ".bash", ".graphql", ".gql"),
    *(".jinja", ".j2", ".html", ".tmpl", ".yml", ".yaml", ".json", ".toml", ".xml", ".properties"),
    *(".haml", ".slim", ".jbuilder", ".rabl", ".twig", ".cshtml", ".razor", ".hbs", ".ejs", ".pug", ".liquid"),
    # views and templates of Ruby, PHP and Python; Drupal's modules; notebooks
    *(".jb", ".builder", ".arb", ".axlsx", ".prawn", ".ruby", ".mjml", ".phtml", ".inc", ".module", ".install"),
    *(".theme", ".latte", ".tpl", ".neon", ".ctp", ".volt", ".mustache", ".mako", ".txt", ".ipynb", ".pyx"),
)

_WORD = re.compile(r"[^\W\d]\w*")
_OWNER = re.compile(r"([^\W\d]\w*)(?:\?|!|\(\))?(?:\.|\??->)\Z")
_MARKUP = re.compile(r"=(?:[\"'][^\"']*[\"']|\{[^}]*\})")
_IN_TAG = re.compile(r"<[A-Za-z][^<>]*\s\Z")
"""`<input class="a" name="q">`; SQL's `WHERE name='q'` stands in no tag."""


def scan(path: str, text: str, known: Known) -> FileScan:
    """Return what the words of the file can mean."""
    return FileScan(tuple(dict.fromkeys(scan_words(path, text, known))))


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
    if is_generated_declaration(text) or is_api_description(path, text):
        return
    text = without_comments(path, text)
    words = set(_WORD.findall(text))
    ends: frozenset[str] | None = None
    for table, columns in known.asked():
        names = words & known.spellings_of(table)
        wanted = {spelling: column for column in columns for spelling in _spellings(text, table, column)}
        present = words & wanted.keys()
        if names:
            yield from _table(path, text, table, names, line)
            yield from _whole_rows(path, text, table, line)
            yield from _implied(path, text, known, table, line)
        elif present and ends is None:
            ends = frozenset(end for word in words for end in parts_of(word))
        if present and (names or not (ends or frozenset()).isdisjoint(known.folded_names_of(table))):
            tables = known.folded_names_of(table)
            yield from _columns(path, text, table, {word: wanted[word] for word in present}, line, tables)
        elif present and known.wanted is not None:
            asked = known.wanted.get(table, frozenset())
            alone = {word: wanted[word] for word in present if wanted[word] in asked and is_distinctive(wanted[word])}
            yield from _alone(path, text, alone, line)
        if known.wanted is not None:
            yield from _accessors(path, text, filter(is_distinctive, known.wanted.get(table, frozenset())), line)


def _accessors(path: str, text: str, columns: Iterable[str], line: int) -> Iterator[Reference]:
    """Yield where a text calls what an ORM makes of a column's name."""
    for column in columns:
        for match in accessors_of(column).finditer(text):
            yield Reference("", _place(path, text, match.start(), line), Confidence.TOKEN, Usage.UNKNOWN, column)


def _spellings(text: str, table: TableName, column: str) -> frozenset[str]:
    """Return the spellings of a column here: `USERS.NAME` of jOOQ says whose NAME it is, NAME alone does not."""
    loud = column.upper()
    is_constant = loud != column and f"{table.name.upper()}.{loud}" in text
    return column_spellings(column) | {loud} if is_constant else column_spellings(column)


def _whole_rows(path: str, text: str, table: TableName, line: int) -> Iterator[Reference]:
    for at, name in sorted(set(whole_rows(text, [table.name]))):
        yield Reference(
            name, _place(path, text, at, line), Confidence.TOKEN, Usage.READ, schema=table.schema, is_star=True
        )


def _implied(path: str, text: str, known: Known, table: TableName, line: int) -> Iterator[Reference]:
    asked = known.wanted.get(table, frozenset[str]()) if known.wanted is not None else frozenset[str]()
    for at, column in implied_columns(path, text, sorted(asked)):
        yield Reference(table.name, _place(path, text, at, line), Confidence.TOKEN, Usage.UNKNOWN, column, table.schema)


def _table(path: str, text: str, table: TableName, names: set[str], line: int) -> Iterator[Reference]:
    number, column, _ = next(_places(text, names))
    place = Place(path, line + number, column)
    yield Reference(table.name, place, Confidence.TOKEN, Usage.UNKNOWN, schema=table.schema)


def _columns(
    path: str, text: str, table: TableName, wanted: dict[str, str], line: int, tables: frozenset[str]
) -> Iterator[Reference]:
    seen: set[tuple[int, str]] = set()
    for number, column, word in _places(text, set(wanted), tables):
        if (number, wanted[word]) not in seen:
            seen.add((number, wanted[word]))
            place = Place(path, line + number, column)
            yield Reference(table.name, place, Confidence.TOKEN, Usage.UNKNOWN, wanted[word], table.schema)


def _alone(path: str, text: str, wanted: dict[str, str], line: int) -> Iterator[Reference]:
    """Yield distinctive names that stand where a column would."""
    for at, word in members(text, wanted.keys()) if wanted else ():
        yield Reference("", _place(path, text, at, line), Confidence.TOKEN, Usage.UNKNOWN, wanted[word])


def _place(path: str, text: str, at: int, line: int) -> Place:
    return Place(path, line + text.count("\n", 0, at), at - text.rfind("\n", 0, at))


def _places(text: str, words: set[str], tables: frozenset[str] | None = None) -> Iterator[tuple[int, int, str]]:
    """Yield 0-based line, 1-based column and word for each of these words.

    With the folded names of the table a common word counts only where it may be a column of it.
    """
    for number, line in enumerate(text.split("\n")):
        for match in _WORD.finditer(line):
            if match[0] in words and (tables is None or not _is_of_another(line, match, tables)):
                yield number, match.start() + 1, match[0]


def _is_of_another(line: str, match: re.Match[str], tables: frozenset[str]) -> bool:
    """Whether a common name is the member of what is no row, or an attribute in markup: `err.name`, `name="q"`."""
    if is_distinctive(match[0]):
        return False
    if line[: match.start()].endswith(("->", "::")) and line[match.end() : match.end() + 1] == "(":
        return True  # a method
    if _MARKUP.match(line, match.end()) and _IN_TAG.search(line, 0, match.start()):
        return True
    if line[: match.start()][-1:] not in (".", ">"):
        return False
    owner = _OWNER.search(line, 0, match.start())
    return owner is not None and is_owner(owner[1]) and not is_like(owner[1], tables)
