"""The partitioned table of several cases under clients: what fills it and what its applications do."""

from collections.abc import Iterable, Mapping

from tests.recipes.crud import NOTHING, crud
from tests.recipes.workload import Action, Code

FILL = """
    INSERT INTO app.places SELECT g, 'p' || g FROM generate_series(1, 50) g;
    INSERT INTO app.events
    SELECT g, date '2025-01-01' + g % 700, 1 + g % 50, chr(96 + g % 3) FROM generate_series(1, %(rows)s) g
"""


def draw(number: int) -> dict[str, object]:
    """Return a row's values; an update of `kind` moves rows between partitions."""
    return {"place": 1 + number % 50, "kind": "abc"[number % 3]}


def events(
    *more: Action,
    table: str = "app.events",
    columns: Iterable[str] = ("place", "kind"),
    leaves: Mapping[str, object] = NOTHING,
) -> Code:
    """Return an application of the table that knows these columns; the partition follows from the key.

    Args:
        more: what else it does.
        table: its name.
        columns: the columns; each has the name of its value.
        leaves: what an insert leaves in values that this code does not know.
    """
    at = {"at": "date '2025-01-01' + (%(key)s %% 700)::int"}
    return crud(table, {name: name for name in columns}, *more, computed=at, leaves=leaves)
