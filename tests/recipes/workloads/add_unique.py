"""As expand.sql documents, no version writes a duplicate; new code says ON CONFLICT only after migrate."""

from tests.recipes.crud import crud
from tests.recipes.events_table import events
from tests.recipes.workload import Workload, insert

_USERS = crud(
    "users", {"email": "email", "plan": "plan"}, insert("INSERT INTO users (id) VALUES (%(key)s)", email=None)
)
_EVENTS = events()

WORKLOADS = {
    "add_unique": Workload(
        fill="INSERT INTO users SELECT g, 'u' || g, 1 FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}", "plan": n % 3},
        old=_USERS,
        new=_USERS,
    ),
    "add_unique_partitioned": Workload(
        fill="""
            INSERT INTO app.events
            SELECT g, date '2025-01-01' + g % 700, g, chr(96 + g % 3) FROM generate_series(1, %(rows)s) g
        """,
        draw=lambda n: {"place": n, "kind": "abc"[n % 3]},
        old=_EVENTS,
        new=_EVENTS,
    ),
}
