"""Places in a SQL text: byte offsets as libpg_query counts, character offsets and lines as people count.

Used by `migrator.statements.parse` only; everything above it sees character offsets.
"""

from bisect import bisect_left, bisect_right
from itertools import accumulate


class TextMap:
    """One text with its offsets; cheap for ASCII, where bytes and characters agree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._character_starts = None if text.isascii() else _character_starts(text.encode())
        lengths = (len(line) + 1 for line in text.split("\n"))
        self._line_starts = [0, *accumulate(lengths)][:-1]

    def character(self, byte_offset: int) -> int:
        """Return the character offset of a byte offset."""
        if self._character_starts is None:
            return byte_offset
        return bisect_left(self._character_starts, byte_offset)

    def line(self, offset: int) -> int:
        """Return the 1-based line of a character offset."""
        return bisect_right(self._line_starts, offset)

    def column(self, offset: int) -> int:
        """Return the 1-based column, in characters, of a character offset."""
        return offset - self._line_starts[self.line(offset) - 1] + 1

    def line_end(self, offset: int) -> int:
        """Return the offset of the end of the line on which the offset stands, without its newline."""
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end


def _character_starts(data: bytes) -> list[int]:
    continuation, marker = 0xC0, 0x80
    return [i for i, byte in enumerate(data) if byte & continuation != marker]
