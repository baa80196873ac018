"""The text of a file as git keeps it: the mark at its start and the ends of its lines say nothing of what it does.

Every reader of committed files asks here, so that none of them meets `\\r` or a byte order mark. Line numbers stay.
"""

import codecs

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_of(content: bytes, errors: str = "replace") -> str:
    """Return the text, in UTF-8 or in the UTF-16 that some editors write.

    Raises:
        UnicodeDecodeError: with `errors="strict"`, it is neither.
    """
    encoding = "utf-16" if content.startswith(_WIDE) else "utf-8-sig"
    return content.decode(encoding, errors=errors).replace("\r\n", "\n")
