"""Both versions do the same before, during and after the build; for a unique index they write no duplicates."""

from tests.recipes.crud import crud
from tests.recipes.events_table import FILL, draw, events
from tests.recipes.recipe_cases import CASES
from tests.recipes.workload import Workload, insert, read

_USERS = crud(
    "users",
    {"email": "email"},
    insert("INSERT INTO users (id) VALUES (%(key)s)", email=None),
    read("SELECT t.email FROM users t WHERE t.id = %(key)s AND lower(t.email) IS NOT DISTINCT FROM lower(t.email)"),
)
_EVENTS = events(read("SELECT t.place FROM app.events t WHERE t.id = %(key)s AND (t.place > 1 OR t.place <= 1)"))
_LONG = CASES["create_index_long_names"].arguments["table"]

WORKLOADS = {
    "create_index": Workload(
        fill="INSERT INTO users SELECT g, 'u' || g FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}"},
        old=_USERS,
        new=_USERS,
    ),
    "create_index_partitioned": Workload(
        fill=FILL,
        draw=draw,
        old=_EVENTS,
        new=_EVENTS,
    ),
    "create_index_on_partition": Workload(fill=FILL, draw=draw, old=_EVENTS, new=_EVENTS),
    "create_index_long_names": Workload(
        fill=f"INSERT INTO {_LONG} SELECT g, 'u' || g FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"name": f"u{n}"},
        old=crud(_LONG, {"name": _LONG}),
        new=crud(_LONG, {"name": _LONG}),
    ),
}
