"""Both versions do the same before, during and after; their queries may use either index."""

from tests.recipes.crud import crud
from tests.recipes.events_table import FILL, draw, events
from tests.recipes.workload import Workload, read

_USERS = crud(
    "users",
    {"email": "email", "plan": "plan"},
    read("SELECT t.plan FROM users t WHERE t.email = %(email)s"),
)
_EVENTS = events()

WORKLOADS = {
    "replace_index": Workload(
        fill="INSERT INTO users SELECT g, 'u' || g, 'b' FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}", "plan": "abc"[n % 3]},
        old=_USERS,
        new=_USERS,
    ),
    "replace_index_partitioned": Workload(
        fill=FILL,
        draw=draw,
        old=_EVENTS,
        new=_EVENTS,
    ),
}
