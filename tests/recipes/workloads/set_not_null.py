"""As expand.sql documents, every version that runs writes a value; only rows from before are NULL."""

from tests.recipes.crud import crud
from tests.recipes.events_table import draw, events
from tests.recipes.workload import Workload

_USERS = crud("users", {"email": "email"})
_EVENTS = events()

WORKLOADS = {
    "set_not_null": Workload(
        fill="INSERT INTO users SELECT g, nullif('u' || g, 'u' || g / 5 * 5) FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}"},
        old=_USERS,
        new=_USERS,
        refilled={"email": None},
    ),
    "set_not_null_partitioned": Workload(
        fill="""
            INSERT INTO app.events SELECT g, date '2025-01-01' + g % 700, nullif(g % 5, 0), chr(96 + g % 3)
            FROM generate_series(1, %(rows)s) g
        """,
        draw=draw,
        old=_EVENTS,
        new=_EVENTS,
        refilled={"place": None},
    ),
}
