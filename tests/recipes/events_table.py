"""The partitioned table of several cases under clients: what fills it and what its applications do."""

from tests.recipes.crud import crud
from tests.recipes.workload import Action, Code

FILL = """
    INSERT INTO app.places SELECT g, 'p' || g FROM generate_series(1, 50) g;
    INSERT INTO app.events
    SELECT g, date '2025-01-01' + g % 700, 1 + g % 50, chr(96 + g % 3) FROM generate_series(1, %(rows)s) g
"""


def draw(number: int) -> dict[str, object]:
    """Return a row's values; an update of `kind` moves rows between partitions."""
    return {"place": 1 + number % 50, "kind": "abc"[number % 3]}


def events(*more: Action, table: str = "app.events") -> Code:
    """Return an application of the table; the partition follows from the key."""
    at = {"at": "date '2025-01-01' + (%(key)s %% 700)::int"}
    return crud(table, {"place": "place", "kind": "kind"}, *more, computed=at)
