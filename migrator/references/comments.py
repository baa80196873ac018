"""What of a text is no code: comments, documentation, and columns that a model is told to leave out.

The names of a page's own go too. Blanked, so that places stay as they are. Strings are stepped over: `"https://…"`
begins no comment.
"""

import re
from functools import cache

from migrator.references.markup import without_page_names

_C_LIKE = frozenset(
    ".js .jsx .mjs .cjs .ts .tsx .mts .cts .vue .svelte .go .java .kt .kts .scala .groovy .cs .rs .swift .dart .php .c"
    " .cc .cpp .h .fs".split()
)
_BACKTICKS = frozenset(".js .jsx .mjs .cjs .ts .tsx .mts .cts .vue .svelte .go".split())
_HASH = frozenset(".rb .rake .ex .exs .sh .bash .pl .pm .r .php .toml .yml .yaml".split())
_DASHES = frozenset(".sql .psql .pgsql".split())
_EVERYWHERE = re.compile(
    r"<!--.*?-->|^[ \t]*(?:#[ \t#]|//|--[ \t]|<!--)[^\n]*$|^[ \t]*/\*.*?\*/", re.MULTILINE | re.DOTALL
)
_DOCUMENTATION = re.compile(
    r"^[ \t]*@(?:module|type)?doc\s+(?:~[sS])?(?:\"\"\".*?\"\"\"|\"[^\"\n]*\")", re.DOTALL | re.MULTILINE
)
_TEMPLATES = frozenset(
    ".html .htm .erb .j2 .jinja .jinja2 .twig .liquid .tmpl .txt .mako .hbs .mustache .php .volt .latte .tpl".split()
)
_IN_TEMPLATE = re.compile(
    r"\{%-?\s*comment\b.*?endcomment\s*-?%\}|\{#.*?#\}|\{\{!?--.*?--\}\}|<%#.*?%>|\{\*.*?\*\}", re.DOTALL
)
_TEMPLATE_MARKS = ("{#", "comment", "--}}", "<%#", "{*")
_RUBY = re.compile(r"^=begin\b.*?^=end\b|^__END__$.*\Z", re.DOTALL | re.MULTILINE)
_STRINGS = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
_NO_NEWLINE = re.compile(r"[^\n]+")
_MARKS = ("//", "/*", "# ", "--", "<!--", "\n#", "@doc", "@moduledoc")
_INLINE_MARKS = ("//", "/*", "# ", "--")
_LEFT_OUT = re.compile(
    r"\bignored_columns\s*\+?=\s*(?:%[iwIW]?[\[({][^\])}]*[\])}]|\[[^\]]*\]|[^\n]*)"
    r"|\bignore_columns?\b[^\n]*(?:\n[ \t]*[^\n]*\bremove_(?:with|after)\b[^\n]*)*"
    r"|@(?:\w+\.)*Transient\b(?:\s*@\w+(?:\([^)]*\))?)*[^;\n{=]*(?:\n[^;\n{=]*)?"  # JPA
    r"|\[NotMapped\]\s*(?:\[[^\]]*\]\s*)*[^;\n{]*|\.Ignore\([^()]*\)"  # Entity Framework
    r"|^[ \t]*field[ (]+:\w+[^\n]*\bvirtual:\s*true[^\n]*"  # Ecto
    r"|^[^\n`]*`[^`\n]*\b(?:gorm|bun|db|pg):\"-[^\n]*"  # structs of Go
    r"|#\[(?:sea_orm\(ignore\)|sqlx\(skip\)|diesel\(skip_insertion\))\]\s*[^,\n]*",
    re.MULTILINE,
)
_LEFT_OUT_MARKS = ("ignore", "Ignore", "Transient", "NotMapped", "virtual:", ':"-', "skip")


def without_comments(path: str, text: str) -> str:
    """Return the text with spaces for what is no code."""
    suffix = path[path.rfind(".") :].lower() if "." in path else ""
    if any(mark in text for mark in _MARKS):
        text = _EVERYWHERE.sub(_blank, text)
        pattern = _inline(suffix)
        if pattern is not None and any(mark in text for mark in _INLINE_MARKS):
            text = pattern.sub(_blank_comment, text)
    if suffix in _TEMPLATES and any(mark in text for mark in _TEMPLATE_MARKS):
        text = _IN_TEMPLATE.sub(_blank, text)
    if suffix in (".rb", ".rake") and ("=begin" in text or "__END__" in text):
        text = _RUBY.sub(_blank, text)
    if suffix in (".ex", ".exs") and "doc" in text:
        text = _DOCUMENTATION.sub(_blank, text)
    if any(mark in text for mark in _LEFT_OUT_MARKS):
        text = _LEFT_OUT.sub(_blank, text)
    return without_page_names(suffix, text)


@cache
def _inline(suffix: str) -> re.Pattern[str] | None:
    """Match strings, which stay, and behind them the comments of a language; None when it has none that are known."""
    comments = [r"(?<![:\\])//[^\n]*|/\*.*?\*/"] if suffix in _C_LIKE else []
    comments += [r"(?<=[ \t])#[ \t][^\n]*"] if suffix in _HASH else []
    comments += [r"--[^\n]*|/\*.*?\*/"] if suffix in _DASHES else []
    if not comments:
        return None
    strings = f"{_STRINGS}|`[^`]*`" if suffix in _BACKTICKS else _STRINGS
    return re.compile(f"{strings}|(?P<comment>{'|'.join(comments)})", re.DOTALL)


def _blank_comment(match: re.Match[str]) -> str:
    return match[0] if match["comment"] is None else _blank(match)


def _blank(match: re.Match[str]) -> str:
    return _NO_NEWLINE.sub(lambda part: " " * len(part[0]), match[0])
