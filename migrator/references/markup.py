"""Names of a page's own in markup and scripts: classes, anchors, selectors and styles. None of them is a column.

A value that a template puts in is code and stays; so does the `name` of a field, which a form sends.
"""

import re

_PAGES = frozenset(
    ".html .htm .erb .vue .svelte .jsx .tsx .js .ts .mjs .cjs .php .phtml .twig .heex .eex .cshtml .razor .hbs .ejs"
    " .mustache .jinja .jinja2 .j2 .tmpl .liquid .latte .tpl .mako .volt .ctp".split()
)
_INDENTED = frozenset({".haml", ".slim", ".pug"})
_ATTRIBUTE = re.compile(
    r"(?<=[\s\"'])(?:class|className|id|for|htmlFor|href|aria-[a-z]+|data-test(?:-?id)?|data-target)"
    r"=(?P<quote>[\"'])[#.]?[\w \t:/-]*(?P=quote)"
)
_STYLE = re.compile(r"<style\b[^>]*>.*?</style>", re.DOTALL | re.IGNORECASE)
_SELECTOR = re.compile(
    r"(?:\$|\b(?:jQuery|querySelector(?:All)?|closest|matches|find|getElementById|getElementsByClassName|addClass"
    r"|removeClass|toggleClass|hasClass))\(\s*(?P<quote>['\"`])[.#\[][^'\"`\n]*(?P=quote)"
    r"|\b(?:getElementById|getElementsByClassName|addClass|removeClass|toggleClass|hasClass"
    r"|classList\.(?:add|remove|toggle|contains))\(\s*(?P<other>['\"`])[^'\"`\n]*(?P=other)"
)
_TAG = re.compile(r"^[ \t]*(?:%?[a-z][\w-]*)?(?:[.#][A-Za-z][\w-]*)+", re.MULTILINE)
_SELECTS = ("$(", "jQuery(", "querySelector", "getElement", "Class(", "classList.", "closest(", "find(", "matches(")
_NAMES = ("class=", "className=", "id=", "for=", "htmlFor=", "href=", "aria-", "data-")
_NO_NEWLINE = re.compile(r"[^\n]+")


def without_page_names(suffix: str, text: str) -> str:
    """Return the text with spaces for what only a page and its styles know."""
    if suffix in _INDENTED:
        return _TAG.sub(_blank, text)
    if suffix not in _PAGES:
        return text
    if "<style" in text:
        text = _STYLE.sub(_blank, text)
    if "<" in text and any(name in text for name in _NAMES):
        text = _ATTRIBUTE.sub(_blank, text)
    return _SELECTOR.sub(_blank, text) if any(call in text for call in _SELECTS) else text


def _blank(match: re.Match[str]) -> str:
    return _NO_NEWLINE.sub(lambda part: " " * len(part[0]), match[0])
