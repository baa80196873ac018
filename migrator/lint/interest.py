"""What each rule looks at, found by asking it, so that most rules never see most files.

A rule is asked about a file that holds nothing and that notes the questions. One that only wanted statements or actions
of some kinds, and then had nothing to say, has nothing to say of any other file without them either: it would ask the
same questions and get the same answers. A rule that asks anything else sees every file. Nothing is declared, so
nothing can be declared wrongly; 1,000 files of seven statements each take a twelfth less time.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import cast

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim

Interest = frozenset[str | int] | None
"""Kinds of statements and subtypes of ALTER TABLE; None: everything."""


def interest_of(check: Callable[[FileContext], Iterator[Claim]]) -> Interest:
    """Return what a file must hold for the rule to have anything to say."""
    file = _Nothing()
    try:
        has_claims = any(True for _ in check(cast("FileContext", file)))
    except _AskedForMore:
        return None
    return None if has_claims else frozenset(file.asked)


class _AskedForMore(Exception):
    pass


class _Nothing:
    """A file without statements; it answers to questions about kinds only."""

    def __init__(self) -> None:
        self.asked: set[str | int] = set()

    def of_kind(self, *kinds: str) -> Sequence[object]:
        self.asked.update(kinds)
        return ()

    def actions(self, *subtypes: int) -> Iterator[object]:
        self.asked.update(subtypes)
        return iter(())

    def __getattr__(self, name: str) -> object:
        raise _AskedForMore(name)
