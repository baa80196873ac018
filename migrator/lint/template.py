"""Placeholders of templates in SQL files: found where the server's grammar fails, filled when the project says how.

`[lint.placeholders]` gives the SQL text for each name: `schema = "public"`. Without it a templated statement is a
finding of its own (`templated-sql`), and the rest of the file is linted all the same. Rules see the filled text;
findings and fixes speak of the text as it is written, so a filling knows the places of both.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from migrator.lint.finding import Edit, Fix
from migrator.statements.statement import Span


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One place in a text; `name` is what `[lint.placeholders]` calls it."""

    syntax: str
    text: str
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Filling:
    """A text as it is written, and as it is linted: with as many lines."""

    written: str
    text: str
    places: tuple[tuple[Span, Span], ...] = ()
    """What was filled in: its place in the linted text, and in the written one."""
    tags: tuple[Placeholder, ...] = ()
    """Control tags, for which there are spaces now."""

    def place(self, span: Span) -> Span:
        """Return the place in the written text of a part of the linted one."""
        if not self.places:
            return span
        return Span(self._offset(span.start, is_end=False), self._offset(span.end, is_end=True))

    def placeholder_in(self, span: Span) -> str | None:
        """Return the first placeholder or control tag that stands in a part of the linted text."""
        for filled, written in self.places:
            if filled.start < span.end and span.start < filled.end:
                return self.written[written.start : written.end]
        tag = next((each for each in self.tags if each.span.start < span.end and span.start < each.span.end), None)
        return tag.text if tag is not None else None

    def _offset(self, offset: int, *, is_end: bool) -> int:
        shift = 0
        for filled, written in self.places:
            if offset <= filled.start:
                break
            if offset < filled.end:
                return written.end if is_end else written.start
            shift = written.end - filled.end
        return offset + shift


_CONTROL = "Jinja, `{% … %}`"
_SYNTAXES = {
    "Jinja, `{{ … }}`": r"\{\{-?\s*(?P<jinja>.*?)\s*-?\}\}",
    _CONTROL: r"\{%.*?%\}|\{#.*?#\}",
    "ERB, `<%= … %>`": r"<%=?\s*(?P<erb>.*?)\s*-?%>",
    "shell or Flyway, `${…}`": r"\$\{\s*(?P<shell>[^}]*?)\s*\}",
    "sqlcmd or make, `$(…)`": r"\$\(\s*(?P<make>\w+)\s*\)",
    "Ruby, `#{…}`": r"#\{\s*(?P<ruby>[^}]*?)\s*\}",
    "Python, `%(…)s`": r"%\((?P<python>\w+)\)s",
    "Python, `%s`": r"(?<=[\s(,=])%s\b",
    "a driver, `?`": r"(?<=[\s(,=])\?(?=\s*(?:[,);]|\Z))",
    "Maven or Ant, `@name@`": r"(?<![\w@])@(?P<at>[A-Za-z_][\w.]*)@",
    "psql or a driver, `:name`": r"(?<![:\w]):(?P<quote>['\"]?)(?P<colon>[A-Za-z_]\w*)(?P=quote)",
}
_NAMES_OF_SYNTAXES = list(_SYNTAXES)
_ANY = re.compile("|".join(f"(?P<s{number}>{pattern})" for number, pattern in enumerate(_SYNTAXES.values())), re.DOTALL)
_OR_SKIPPED = re.compile(rf"(?P<skipped>'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/)|{_ANY.pattern}", re.DOTALL)
"""Also literals and comments, in which a template disturbs nobody; psql's `:'name'` begins before its quote."""
_NAMES = ("jinja", "erb", "shell", "make", "ruby", "python", "at", "colon")
_MARKS = ("{{", "{%", "{#", "<%", "${", "$(", "#{", "%(", "%s", "?", "@", ":")
_BREAKS = ("{{", "{%", "{#", "<%", "${")
"""Begins of what may hold a quote or a semicolon of its own."""
_QUOTED = re.compile(r'"[^"]*"')
_DISTURBING = re.compile(r"[^\s\w{}%<>=#.|()\[\],+*-]|--")


def placeholders(text: str) -> tuple[Placeholder, ...]:
    """Return the placeholders of a text that is not SQL as it stands."""
    return tuple(_found(text))


def placeholders_in_names(text: str) -> tuple[Placeholder, ...]:
    """Return those between double quotes, where the server takes a placeholder for a name."""
    if '"' not in text or not any(mark in text for mark in _BREAKS):
        return ()
    return tuple(each for quoted in _QUOTED.finditer(text) for each in _found(quoted[0]) if each.text[0] in "{<$")


def fill(text: str, values: Mapping[str, str]) -> Filling:
    """Return the text with the known placeholders filled.

    Without values nothing is touched: a project without templates pays nothing and is never misread.
    """
    if not values or not any(mark in text for mark in _MARKS):
        return Filling(text, text)
    parts: list[str] = []
    places: list[tuple[Span, Span]] = []
    end = length = 0
    for match in _ANY.finditer(text):
        value = _value(match, values)
        if value is not None:
            length += match.start() - end
            places.append((Span(length, length + len(value)), Span(match.start(), match.end())))
            parts += [text[end : match.start()], value]
            end, length = match.end(), length + len(value)
    return Filling(text, "".join((*parts, text[end:])), tuple(places))


def may_break(filling: Filling) -> bool:
    """Whether the text may hold tags that cut statements in the wrong places, if it does not parse."""
    return any(mark in filling.text for mark in _BREAKS)


def without_tags(filling: Filling) -> Filling:
    """Return the text, which does not parse, with spaces for control tags: what they surround is linted.

    Quotes and semicolons within other placeholders are covered, so that they cut nothing.
    """
    text, tags = filling.text, list[Placeholder]()
    for each in _found(text):
        start, end = each.span.start, each.span.end
        if each.syntax == _CONTROL:
            tags.append(each)
            text = text[:start] + re.sub(r"[^\n]", " ", each.text) + text[end:]
        elif end - start > 4:  # noqa: PLR2004 two brackets on each side
            text = text[: start + 2] + _DISTURBING.sub("_", text[start + 2 : end - 2]) + text[end - 2 :]
    return replace(filling, text=text, tags=tuple(tags)) if len(text) == len(filling.text) else filling


def as_written(fix: Fix | None, filling: Filling) -> tuple[Fix | None, str]:
    """Return the fix with its places in the written text; None with the reason where a placeholder stands in its way.

    What a fix adds must not hold the value of a placeholder: the next filling may be another one.
    """
    if fix is None or not (filling.places or filling.tags):
        return fix, ""
    edits: list[Edit] = []
    for edit in fix.edits:
        inner = filling.placeholder_in(edit.span)
        small = _without_what_stays(edit, filling.text)
        if (held := filling.placeholder_in(small.span)) or (inner and _holds_a_value(small.text, edit.span, filling)):
            return None, f"{held or inner} stands in the statement"
        edits.append(Edit(filling.place(small.span), small.text))
    return Fix(fix.title, tuple(edits)), ""


def _without_what_stays(edit: Edit, text: str) -> Edit:
    """Return the same edit without what the old and the new text begin and end with alike."""
    old, new = text[edit.span.start : edit.span.end], edit.text
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    return Edit(Span(edit.span.start + head, edit.span.end - tail), new[head : len(new) - tail])


def _alike(one: str, other: str) -> int:
    """Return with how many characters both begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _holds_a_value(text: str, span: Span, filling: Filling) -> bool:
    near = (filled for filled, _ in filling.places if filled.start < span.end and span.start < filled.end)
    return any(filling.text[each.start : each.end] in text for each in near)


def _value(match: re.Match[str], values: Mapping[str, str]) -> str | None:
    value = values.get(_placeholder(match).name)
    quote = match["quote"] or ""
    return f"{quote}{' '.join(value.splitlines())}{quote}" if value is not None else None


def _found(text: str) -> Iterator[Placeholder]:
    if any(mark in text for mark in _MARKS):
        for match in _OR_SKIPPED.finditer(text):
            if match["skipped"] is None:
                yield _placeholder(match)


def _placeholder(match: re.Match[str]) -> Placeholder:
    number = next(n for n in range(len(_SYNTAXES)) if match[f"s{n}"] is not None)
    name = next((match[group] for group in _NAMES if match[group]), "")
    return Placeholder(_NAMES_OF_SYNTAXES[number], match[0], name, Span(match.start(), match.end()))
