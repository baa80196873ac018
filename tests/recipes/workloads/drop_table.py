"""Old code uses the table until the contract, or with a soft drop until migrate; new code does not know it."""

from tests.recipes.crud import crud
from tests.recipes.events_table import FILL, draw, events
from tests.recipes.workload import Code, Workload, read

_EVENTS = events()

WORKLOADS = {
    "drop_table": Workload(
        fill="""
            INSERT INTO users SELECT generate_series(1, 50);
            INSERT INTO old SELECT g, 1 + g % 50 FROM generate_series(1, %(rows)s) g
        """,
        draw=lambda n: {"user_id": 1 + n % 50},
        old=crud("old", {"user_id": "user_id"}),
        new=Code("", (read("SELECT id FROM users WHERE id = 1 + %(key)s %% 50"),)),
    ),
    "drop_table_soft": Workload(
        fill=FILL,
        draw=draw,
        old=_EVENTS,
        new=Code("", (read("SELECT id FROM app.places WHERE id = 1 + %(key)s %% 50"),)),
        old_until="migrate",
    ),
}
