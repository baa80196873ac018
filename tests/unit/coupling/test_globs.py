"""Leaving out the patterns that cannot match must not change what is matched."""

from functools import cache
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from migrator.coupling.globs import Globs, word_of
from migrator.coupling.patterns import DEFAULTS

OWN = (
    *("/src/**/*.rb", "!src/gen/", "a b/", r"\#x", r"tail\ ", "docs/**/old?", "[!a-c]x[0-9]*.py", "**", "!*.sql"),
    *(
        "# a comment",
        "",
        "V[0-9]*__*.sql",
        "x[a[b]c",
        "x[]1]*",
        "x[[0-9]*",
        "x[9",
        "*.Md",
        "gen/*.[ch]",
        " lead",
        "x//y",
    ),
)
_ALL = [*(pattern for patterns in DEFAULTS.values() for pattern in patterns), *OWN]
_PARTS = sorted({part for pattern in _ALL for part in PurePosixPath(pattern.lstrip("!")).parts if part != "/"})
_NAMES = st.sampled_from([part.replace("**", "a").replace("*", "x").replace("?", "y") for part in _PARTS])
_PATHS = st.lists(st.one_of(_NAMES, st.text("abcx19VR_.[]\\ #!", min_size=1, max_size=6)), min_size=1, max_size=5)


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")  # pathspec's own, of `[[`
@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_ALL), max_size=12), _PATHS)
def test_the_same_paths_match(patterns: list[str], parts: list[str]) -> None:
    path = "/".join(parts)
    assert Globs(patterns).match_file(path) == GitIgnoreSpec.from_lines(patterns).match_file(path)


@settings(max_examples=100, deadline=None)
@given(_PATHS)
def test_the_defaults_match_the_same_paths(parts: list[str]) -> None:
    path = "/".join(parts)
    for kind, patterns in DEFAULTS.items():
        assert Globs(patterns).match_file(path) == _whole(patterns).match_file(path), kind


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("**/drizzle/**/meta/**", "drizzle"),
        ("!*.spec.*", ".spec."),
        (r"\#x", ""),
        ("V[0-9]*__*.sql", ".sql"),
        ("abc[!x]*", ""),
        ("abc[[0-9]*", ""),
        ("**", ""),
    ],
)
def test_the_word_that_a_path_must_have(pattern: str, word: str) -> None:
    assert word_of(pattern) == word


@cache
def _whole(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(patterns)


def test_a_bracket_in_a_bracket_warns_nobody() -> None:
    assert Globs(["x[[0-9]*"]).match_file("x[a")
