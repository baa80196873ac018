"""What old and new code do to a recipe's table, said as parametrised SQL: the words of the files in `workloads/`.

A workload names no phase and holds no logic: `trial` decides which code runs when, `trial_client` runs the actions
and checks every answer against what it wrote itself.

Parameters: `%(key)s` is the row's key, any other name is a value of `Workload.draw`. A column that an action returns
under the name of such a value must hold what was written last. `%` itself is written `%%`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Literal

_PARAMETER = re.compile(r"%\((\w+)\)s")


class Verb(Enum):
    """What an action does to its row, and so which row it takes and what must be true afterwards."""

    READ = "read"  # exactly one row comes back
    UPDATE = "update"  # exactly one row is hit
    INSERT = "insert"  # of a key that is not there
    UPSERT = "upsert"  # of a key that is there or not
    DELETE = "delete"  # exactly one row is hit, and is gone


@dataclass(frozen=True)
class Action:
    """One query of an application."""

    verb: Verb
    sql: str
    leaves: Mapping[str, object] = field(default_factory=dict[str, object])
    """What must be in values that have no parameter: an insert does not name them, or they are set to a constant."""

    @cached_property
    def names(self) -> frozenset[str]:
        """The values that it writes, or reads by."""
        return frozenset(_PARAMETER.findall(self.sql)) - {"key"}


def read(sql: str) -> Action:
    """Return a SELECT of the row `%(key)s`, perhaps joined with others."""
    return Action(Verb.READ, sql)


def update(sql: str, **leaves: object) -> Action:
    """Return an UPDATE of the row `%(key)s`."""
    return Action(Verb.UPDATE, sql, leaves)


def insert(sql: str, **leaves: object) -> Action:
    """Return an INSERT of the new row `%(key)s`."""
    return Action(Verb.INSERT, sql, leaves)


def upsert(sql: str, **leaves: object) -> Action:
    """Return an INSERT … ON CONFLICT of the row `%(key)s`, which sets the same values in both cases."""
    return Action(Verb.UPSERT, sql, leaves)


def delete(sql: str) -> Action:
    """Return a DELETE of the row `%(key)s`."""
    return Action(Verb.DELETE, sql)


@dataclass(frozen=True)
class Code:
    """One version of the application: its queries, and how it sees the whole table."""

    rows: str
    """All rows, the key as `key` and values under their names: compared with what was written at each phase's end.
    Empty: this code does not know the table."""
    actions: tuple[Action, ...]


NOT_YET = Code("", ())
"""The bridge of a recipe whose new code must not run before the end of migrate."""


class _Anything:
    """Equal to every value but NULL."""

    __hash__ = None  # pyright: ignore[reportAssignmentType] an equal of everything has no hash

    def __eq__(self, other: object) -> bool:
        return other is not None

    def __repr__(self) -> str:
        return "any value"


ANYTHING: object = _Anything()
"""Expected where a default made the value and only NULL would be wrong."""


@dataclass(frozen=True)
class Workload:
    """One case under clients."""

    fill: str
    """Inserts the keys 1 to `%(rows)s`; replaces the rows of the case."""
    draw: Callable[[int], Mapping[str, object]]
    """A number that no other call gets -> every value that an action may name, as it is read back."""
    old: Code
    """The application of before: runs from before expand until the contract's gate."""
    new: Code
    """The application of afterwards: from the end of migrate on, and after the contract."""
    bridge: Code | None = None
    """The new application from the end of expand to the end of migrate; None: `new` runs there already."""
    linked: tuple[frozenset[str], ...] = ()
    """Values that are forms of one and the same: who writes one has written all."""
    given: Mapping[str, object] = field(default_factory=dict[str, object])
    """What every row of `fill` must hold for new code, although nobody wrote it."""
    refilled: Mapping[str, object] = field(default_factory=dict[str, object])
    """What the backfill may replace in rows of before, by value."""
    before_abort: tuple[str, ...] = ()
    """What the abort's documentation asks of the operator when new code has run."""
    old_until: Literal["contract", "migrate"] = "contract"
    """The phase before which the recipe's documentation asks to stop old code."""
    before_contract: tuple[str, ...] = ()
    """What a gate of the contract asks of the operator, when no old code runs any more."""
    is_undone_by_abort: bool = True
    """Whether abort restores the schema; only what PostgreSQL cannot undo may stay."""
    is_of_its_own: bool = False
    """Whether it is proven by default as well as the first of its kind, because its SQL is another."""
    depends_on_server: bool = False
    """Whether the files are others on other versions of the server."""
    key: Callable[[int], object] = int
    """The key of row number n."""

    def remembered(self, row: Mapping[str, object]) -> dict[str, object]:
        """Return what of a row is known to stay until somebody writes it."""
        return {name: value for name, value in row.items() if (name, value) not in self.refilled.items()}

    def also_written(self, names: frozenset[str]) -> frozenset[str]:
        """Return the names with those that are linked to one of them."""
        return names.union(*(group for group in self.linked if group & names))
