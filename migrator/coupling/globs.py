"""Patterns of gitignore's form, of which only those are compiled that a path can match.

The defaults are some 250 patterns, and to compile them costs more than to read the pull request. Most of them hold a
word that stands in no changed path (`drizzle`, `.spec.`): those match nothing and decide nothing. The others are
matched by pathspec, in their order.
"""

import re
import warnings
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_WILD = re.compile(r"(?:[*?/\s]|\[[A-Za-z0-9-]+\])+")
"""What stands for other text: a star, a plain range. Of any other bracket nobody says where it ends."""


class Globs:
    """A list of patterns; the last one that matches decides."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(patterns)
        self._numbers: dict[str, list[int]] = {}
        for number, pattern in enumerate(self._patterns):
            self._numbers.setdefault(word_of(pattern), []).append(number)

    def match_file(self, path: str) -> bool:
        """Whether a path from the repository's root is meant."""
        found = [number for word, numbers in self._numbers.items() if word in path for number in numbers]
        return bool(found) and _compiled(tuple(self._patterns[n] for n in sorted(found))).match_file(path)


def word_of(pattern: str) -> str:
    """Return a text that each path has which the pattern matches; empty when that cannot be told."""
    longest = max(_WILD.split(pattern.strip().removeprefix("!")), key=len)
    return "" if "\\" in pattern or "[" in _WILD.sub("", pattern) else longest


@cache
def _compiled(patterns: tuple[str, ...]) -> "GitIgnoreSpec":
    from pathspec import GitIgnoreSpec  # half of the checks need none

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of `[[`, which means the same to git
        return GitIgnoreSpec.from_lines(patterns)
