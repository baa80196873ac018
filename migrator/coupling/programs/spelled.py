"""Migrations of other languages: their calls, found by how they are spelled, in the part that goes forward.

Rails, Sequel, Ecto, Laravel, Phinx, Knex, Sequelize, TypeORM, Kysely, node-pg-migrate, Entity Framework,
FluentMigrator, Liquibase, and what `compiled` knows. Every word that
removes or renames must belong to a call that was understood; one that does not is a problem and never passes.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from migrator.coupling.programs import compiled, spellings
from migrator.coupling.programs.constants import with_texts
from migrator.coupling.programs.found import Found
from migrator.coupling.programs.plain_texts import as_written, with_plain_texts
from migrator.coupling.programs.spellings import Act, Naming, Spelling
from migrator.coupling.programs.structs import auto_migrated
from migrator.coupling.programs.unrolled import unrolled
from migrator.references.comments import without_comments
from migrator.references.spellings import snake_case
from migrator.references.table_classes import classes_in

_SPELLINGS = {**spellings.SPELLINGS, **compiled.COMPILED}
_DOWN = {**spellings.DOWN, **compiled.COMPILED_DOWN}
_REMOVALS = {**spellings.REMOVALS, **compiled.COMPILED_REMOVALS}
_QUOTED = re.compile(r"[:'\"`]([A-Za-z_][\w.]*)|\b(\w+)(?=\s)")
_NAMES = re.compile(r"[A-Za-z_]\w*")
_KEYED = re.compile(r"\bname\"?\s*[:=]\s*['\"]?(\w+)")
_IN_QUOTES = re.compile(r"['\"`:](\w+)")
_SINGLE = r"|'(?P<single>(?:[^'\\\n]|\\.)*)'"
_TEXTS = (
    r"<<[~-]?['\"]?(?P<tag>[A-Z_]+)['\"]?[^\n]*\n(?P<heredoc>.*?)\n\s*(?P=tag)\b"
    r'|"""(?P<triple>.*?)"""|`(?P<back>[^`]*)`|\br(?P<hashes>\#+)"(?P<raw>.*?)"(?P=hashes)'
    r'|@"(?P<verbatim>(?:[^"]|"")*)"'
    r'|"(?P<double>(?:[^"\\\n]|\\.)*)"'
    r"|<sql\b[^>]*>(?P<xml>.*?)</sql>"
)
_SQL = re.compile(_TEXTS + _SINGLE, re.DOTALL)
_SQL_COMPILED = re.compile(_TEXTS, re.DOTALL)
"""Without apostrophes: those are characters and lifetimes there."""
_DDL = re.compile(
    r"\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*"
    r"(?:ALTER|DROP|CREATE|BEGIN|SET|UPDATE|INSERT|DELETE|WITH|DO|SELECT|COMMENT|LOCK)\b.*\b(?:ALTER|DROP|CREATE)\b"
    r"|\s*(?:ALTER|DROP|CREATE)\s+[A-Z]",
    re.IGNORECASE | re.DOTALL,
)
_MARKS = frozenset({"tag", "hashes"})
_REMOVAL_IN_SQL = re.compile(
    r"\bALTER\s+TABLE\b[^;]{1,200}?\b(?:DROP\s+COLUMN|RENAME\s+(?:COLUMN|TO))\b", re.IGNORECASE
)
"""SQL in whichever quotes: what was not read as a text is a removal that nobody can name."""
_PUT_IN = re.compile(r"[#$]\{[^}]*\}")
_COMMENT = re.compile(r"^[ \t]*(?://|#(?!\{)|--(?!>))[^\n]*$|^[ \t]*/\*.*?\*/|<!--.*?-->", re.MULTILINE | re.DOTALL)
_NO_NEWLINE = re.compile(r"[^\n]+")


def read_spelled(path: str, text: str) -> Found | None:
    """Return what the program does; None when nothing of it was understood."""
    language = _language(path)
    if language is None:
        return None
    forward = _blank(_COMMENT, text)
    for pattern in _DOWN[language]:
        forward = _blank(pattern, forward)
    plain = with_plain_texts(forward, language)
    reader = _Reader(path, with_texts(unrolled(plain, language)), language)
    reader.read()
    found = reader.found
    return found if found.adds or found.removes or found.problem else None


def _language(path: str) -> str | None:
    suffix = PurePosixPath(path).suffix.lower()
    known = {".rb": "ruby", ".exs": "elixir", ".ex": "elixir", ".php": "php", ".cs": "c#", ".xml": "liquibase"}
    known |= dict.fromkeys((".yaml", ".yml", ".json"), "liquibase")
    known |= {".fizz": "ruby", ".go": "go", ".rs": "rust"}
    known |= dict.fromkeys((".java", ".kt", ".scala", ".groovy"), "java")
    known |= dict.fromkeys((".js", ".cjs", ".mjs", ".ts", ".cts", ".mts"), "javascript")
    return known.get(suffix)


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """Return the text with spaces for what matches: every place stays where it is."""
    return pattern.sub(lambda match: _NO_NEWLINE.sub(lambda line: " " * len(line[0]), match[0]), text)


class _Reader:
    """Reads the calls in their order; some stand inside of the call that names their table."""

    def __init__(self, path: str, text: str, language: str) -> None:
        self._path = path
        self._text = text
        self._tables = {model: table for table, model in classes_in(path, text)}
        self._language = language
        self._table = ""
        self._is_new = False
        self._model = ""
        self._read: list[tuple[int, int]] = []
        self.found = Found()

    def read(self) -> None:
        matches = [
            (m, spelling) for spelling in _SPELLINGS[self._language] for m in spelling.pattern.finditer(self._text)
        ]
        for match, spelling in sorted(matches, key=lambda pair: (pair[0].start(), -pair[0].end())):
            if not any(start <= match.start() < end for start, end in self._read):
                self._act(match, spelling)
        for model, name in auto_migrated(self._text) if self._language == "go" else ():
            self._column(self._table_of(model), name, is_gone=False, model=model)
        self._sql()
        code = without_comments(self._path, self._text) if _REMOVAL_IN_SQL.search(self._text) else ""
        for pattern, text in ((_REMOVALS[self._language], self._text), (_REMOVAL_IN_SQL, code)):
            for match in pattern.finditer(text):
                if not any(start <= match.start() < end for start, end in self._read):
                    self.found.lost(match[0].strip(), self._line(match.start()))

    def _act(self, match: re.Match[str], spelling: Spelling) -> None:
        groups = {key: _named(key, value, spelling.naming) for key, value in match.groupdict().items()}
        self._model = match["t"] if spelling.naming is Naming.MODEL and "t" in groups else ""
        if self._model:
            groups["t"] = self._table_of(self._model)
        table = groups.get("t") or self._table
        columns = list(_columns(groups, spelling))
        if spelling.act is Act.IN or spelling.act is Act.CREATE:
            self._table, self._is_new = table, spelling.act is Act.CREATE
            if spelling.act is Act.CREATE:
                self._whole(table, is_gone=False)
            return
        if spelling.act is Act.DROP and (columns or table):
            for name in columns or [table]:
                self._whole(name, is_gone=True)
        elif spelling.act is Act.RENAME_TABLE:
            self._whole(table, is_gone=True)
            self._whole(groups["n"] or "", is_gone=False)
        elif not table or not columns:
            return
        else:
            self._columns(table, columns, groups.get("n"), spelling.act, is_own="t" in groups)
        self._read.append(match.span())

    def _columns(self, table: str, columns: list[str], new: str | None, act: Act, *, is_own: bool) -> None:
        if (self._is_new and not is_own) or columns == [new]:
            return
        for name in columns:
            self._column(table, name, is_gone=act is not Act.ADD, model=self._model)
        if act is Act.RENAME and new is not None:
            self._column(table, new, is_gone=False, model=self._model)

    def _table_of(self, model: str) -> str:
        """Return the table of a class: what the file says, else its plural."""
        return self._tables.get(model) or _named("t", model, Naming.MODEL) or ""

    def _column(self, table: str, name: str, *, is_gone: bool, model: str) -> None:
        schema, _, table = table.rpartition(".")
        self.found.column(table, name, is_gone=is_gone, schema=schema or "public", model=model)

    def _whole(self, table: str, *, is_gone: bool) -> None:
        schema, _, table = table.rpartition(".")
        self.found.table(table, is_gone=is_gone, schema=schema or "public", model=self._model)

    def _sql(self) -> None:
        pattern = _SQL_COMPILED if self._language in compiled.COMPILED else _SQL
        for match in pattern.finditer(self._text):
            text = next((value for name, value in match.groupdict().items() if value and name not in _MARKS), "")
            text = text.replace('""', '"') if match["verbatim"] else as_written(text)
            text = text.replace("\\`", '"').replace('\\"', '"').replace("\\'", "'")
            if not _DDL.match(text):
                continue
            line = self._line(match.start())
            if _PUT_IN.search(text):
                self._put_in(text, line)
            else:
                self.found.sql(text.replace("&gt;", ">").replace("&lt;", "<"), line)
            self._read.append(match.span())

    def _put_in(self, text: str, line: int) -> None:
        """SQL with parts from elsewhere: what it removes has no name here."""
        if re.search(r"\b(?:DROP\s+(?:COLUMN|TABLE|VIEW)|RENAME)\b", text, re.IGNORECASE):
            self.found.lost("SQL with names from elsewhere", line)
        else:
            self.found.is_partial = True

    def _line(self, position: int) -> int:
        return self._text.count("\n", 0, position) + 1


def _columns(groups: dict[str, str | None], spelling: Spelling) -> Iterator[str]:
    """Yield the columns that a call names, with the ends that its kind gives them."""
    names = [groups["c"]] if groups.get("c") else _names(groups.get("cs") or "")
    yield from (f"{name}{end}" for name in names if name for end in spelling.ends)
    yield from spelling.columns


def _names(text: str) -> list[str]:
    """Return the names in a list: what keys called `name` say, else what is quoted, else every word."""
    return _KEYED.findall(text) or _IN_QUOTES.findall(text) or _NAMES.findall(text)


def _named(group: str, text: str | None, naming: Naming) -> str | None:
    """Return the database's name of what the program names."""
    if text is None or naming is Naming.AS_WRITTEN:
        return text
    snake = snake_case(text)
    return _plural(snake) if naming is Naming.MODEL and group == "t" else snake


def _plural(name: str) -> str:
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"
