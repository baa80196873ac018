"""The partitioned table of `cases_partitioned` under clients: what fills it, its values, and its applications."""

from collections.abc import Mapping

from tests.recipes.crud import Column, crud
from tests.recipes.workload import Action, Code

FILL = """
    INSERT INTO app.log
    SELECT g, date '2025-01-01' + g % 700, g, 'Ann' || g || ' van Berg', 'Ann' || g, 'van Berg'
    FROM generate_series(1, %(rows)s) g
"""
LINKED = (frozenset({"whole", "first", "last"}),)
_AT = "date '2025-01-01' + (%(key)s %% 700)::int"

BARE = f"INSERT INTO app.log (id, at) VALUES (%(key)s, {_AT})"
"""An insert that leaves all but the key to the table."""


def draw(number: int) -> dict[str, object]:
    """Return a row's values, as a whole and in parts."""
    first, last = f"Ann{number}", f"van Berg{number % 9}"
    return {"size": 1 + number, "whole": f"{first} {last}", "first": first, "last": last}


def log(columns: Mapping[str, str | Column], *more: Action) -> Code:
    """Return an application of the table that knows these columns; the partition follows from the key."""
    return crud("app.log", columns, *more, computed={"at": _AT})
