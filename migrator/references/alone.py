"""A distinctive name of a column in a text that does not name its table: where it may be the column all the same.

As a member, a key, a text or a property: `x.legacy_mail`, `legacyMail:`, `:legacy_mail`, `private $legacyMail`. A
variable of that name is none, and neither is the member of a table that the same SQL names.
"""

import re
from collections.abc import Collection, Iterator

_MEMBER = re.compile(
    r"(?<=[.:'\"`@>\[])[^\W\d]\w*|(?<![$\w])[^\W\d]\w*(?=\??['\"]?\s*(?::(?![:=])|=>))"
    r"|(?:(?<=public)|(?<=protected)|(?<=private)|(?<=readonly)|(?<=var))\s[\w\\?|& \t]*\$(?P<property>[^\W\d]\w*)"
)
_OWNER = re.compile(r"(\w+)\"?\.\"?\Z")
_QUOTE = re.compile(r"['\"`]")


def members(text: str, words: Collection[str]) -> Iterator[tuple[int, str]]:
    """Yield the place of each of these words where it may be a column."""
    for match in _MEMBER.finditer(text):
        group = "property" if match["property"] else 0
        if match[group] in words and not _is_of_another_table(text, match):
            yield match.start(group), match[group]


def _is_of_another_table(text: str, match: re.Match[str]) -> bool:
    """Whether it is `d.legacy_mail` beside `FROM devices d`, in one text."""
    owner = _OWNER.search(text, text.rfind("\n", 0, match.start()) + 1, match.start())
    if owner is None:
        return False
    start = max((quote.end() for quote in _QUOTE.finditer(text, 0, match.start())), default=0)
    end = _QUOTE.search(text, match.end())
    named = rf"\b(?:from|join|update|into)\s+(?:only\s+)?(?:[\w.]+\s+(?:as\s+)?|\w+\.)?{owner[1]}\b"
    return re.search(named, text[start : end.start() if end else len(text)], re.IGNORECASE) is not None
