"""The text of a file as git keeps it: the mark at its start and the ends of its lines say nothing of what it does.

Every reader of committed files asks here, so that none of them meets `\\r` or a byte order mark. Line numbers stay.
"""

import codecs

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_of(content: bytes) -> str:
    """Return the text, in UTF-8 or in the UTF-16 that some editors write; what is neither has strange characters."""
    encoding = "utf-16" if content.startswith(_WIDE) else "utf-8-sig"
    return _with_plain_lines(content.decode(encoding, errors="replace"))


def utf8_of(content: bytes) -> str:
    """Return the text of what a server or a tool has to read as UTF-8.

    Raises:
        UnicodeDecodeError: it is none.
    """
    return _with_plain_lines(content.decode("utf-8-sig"))


def _with_plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n")
