"""As expand.sql documents, every version writes only what the other table has; rows from before may be orphans."""

from tests.recipes.crud import crud
from tests.recipes.events_table import FILL, draw, events
from tests.recipes.workload import Workload, insert, read

_FILL = """
    INSERT INTO users SELECT g, 'u' || g FROM generate_series(1, 50) g;
    INSERT INTO orders SELECT g, CASE WHEN g % 160 > 150 THEN {} ELSE 1 + g % 50 END
    FROM generate_series(1, %(rows)s) g;
"""
_ORDERS = crud(
    "orders",
    {"user_id": "user_id", "other": "other"},
    insert("INSERT INTO orders (id) VALUES (%(key)s)", user_id=None, other=None),
    read("SELECT o.user_id, u.email FROM orders o LEFT JOIN users u ON u.id = o.user_id WHERE o.id = %(key)s"),
)
_ROWS = crud('"My App"."The Rows"', {"a": '"A"', "b": "b"})
_EVENTS = events(read("SELECT e.kind FROM app.events e JOIN app.places p ON p.id = e.place WHERE e.id = %(key)s"))


def _draw_order(number: int) -> dict[str, object]:
    return {"user_id": 1 + number % 50, "other": number}


WORKLOADS = {
    "add_foreign_key": Workload(fill=_FILL.format("1"), draw=_draw_order, old=_ORDERS, new=_ORDERS),
    "add_foreign_key_cleaning": Workload(
        # Orphans among the rows that nobody writes: a client may not even touch one between migrate and validation.
        fill=_FILL.format("-1"),
        draw=_draw_order,
        old=_ORDERS,
        new=_ORDERS,
        refilled={"user_id": -1},
    ),
    "add_foreign_key_composite": Workload(
        fill="""
            INSERT INTO "My App"."The Keys" SELECT g, 'b' || g FROM generate_series(1, 50) g;
            INSERT INTO "My App"."The Rows" SELECT g, 1 + g % 50, 'b' || 1 + g % 50 FROM generate_series(1, %(rows)s) g
        """,
        draw=lambda n: {"a": 1 + n % 50, "b": f"b{1 + n % 50}"},
        old=_ROWS,
        new=_ROWS,
    ),
    "add_foreign_key_partitioned": Workload(
        fill=FILL,
        draw=draw,
        old=_EVENTS,
        new=_EVENTS,
        depends_on_server=True,
    ),
}
