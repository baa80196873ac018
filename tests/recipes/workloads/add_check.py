"""As expand.sql documents, every version writes only rows that pass; rows from before may fail until the backfill."""

from tests.recipes.crud import crud
from tests.recipes.events_table import FILL, draw, events
from tests.recipes.workload import Workload, insert

_USERS = crud(
    "users", {"age": "age", "name": "name"}, insert("INSERT INTO users (id) VALUES (%(key)s)", age=None, name=None)
)
_GROWN = crud("users", {"age": "age"}, insert("INSERT INTO users (id) VALUES (%(key)s)", age=None))
_EVENTS = events()

WORKLOADS = {
    "add_check": Workload(
        # Rows that fail are among those that nobody writes: the backfill sets them right.
        fill="INSERT INTO users SELECT g, CASE WHEN g % 160 > 150 THEN -1 ELSE g % 99 END "
        "FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"age": n % 150, "name": f"name {n}"},
        old=_USERS,
        new=_USERS,
        refilled={"age": -1},
    ),
    "add_check_tighter": Workload(
        fill="INSERT INTO users SELECT g, 18 + g % 60 FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"age": 18 + n % 60},
        old=_GROWN,
        new=_GROWN,
    ),
    "add_check_partitioned": Workload(
        fill=FILL,
        draw=draw,
        old=_EVENTS,
        new=_EVENTS,
    ),
}
