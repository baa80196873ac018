"""Old code has the column with its type, new code a second one with another; each reads what the other wrote.

As expand.sql documents, new code reads the new column only after migrate: until then the bridge asks for both. Where
the type changes in place, both versions read the column in a form that keeps its type.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.recipes import log_table
from tests.recipes.crud import Column, crud
from tests.recipes.workload import Code, Workload, insert, read

_FILL = """
    INSERT INTO orders
    SELECT g, 1 + g % 200, 'c' || g, (g * 1.5)::text, timestamp '2026-01-01' + g % 40000 * interval '1 min'
    FROM generate_series(1, %(rows)s) g
"""
_BERLIN = ZoneInfo("Europe/Berlin")


def _draw(number: int) -> dict[str, object]:
    placed = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None) + timedelta(minutes=number % 40_000)
    return {
        "quantity": 1 + number % 200,
        "code": f"c{number}",
        "amount": f"{number % 1000}.50",
        "price": Decimal(number % 1000) + Decimal("0.5"),
        "placed": placed,
        "placed_at": placed.replace(tzinfo=_BERLIN),
        "shown": placed.strftime("%Y-%m-%d %H:%M:%S"),
    }


# A prepared statement that returns the column itself fails once its type has changed, as expand.sql documents.
_CODES = crud(
    "orders",
    {"code": Column("code", reads="t.code::text")},
    insert("INSERT INTO orders (id) VALUES (%(key)s)", code=None),
)
# With the zone UTC a session reads and writes the same digits before and afterwards.
_PLACED = crud("orders", {"shown": Column("placed", "timestamp", "to_char(t.placed, 'YYYY-MM-DD HH24:MI:SS')")})
_AT = "date '2025-01-01' + (%(key)s %% 300)::int"
_EVENTS = crud("events", {"kind": Column("kind", reads="t.kind::text")}, computed={"at": _AT})


def _paid(amount: str | Column) -> Code:
    """Code that reads the views, whose column keeps its type."""
    return crud(
        "payments",
        {"amount": amount, "payer": "payer"},
        read("SELECT p.amount, p.payer FROM paid p WHERE p.id = %(key)s AND p.rest = p.amount %% 7"),
        read(
            "SELECT p.amount FROM paid p JOIN sums s ON s.payer IS NOT DISTINCT FROM p.payer"
            " WHERE p.id = %(key)s AND s.most >= p.amount"
        ),
    )


WORKLOADS = {
    "change_column_type_under_views": Workload(
        fill="INSERT INTO payments SELECT g, g, 'p' || g % 9 FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"amount": n, "payer": f"p{n}"},
        old=_paid("amount"),
        bridge=_paid(Column("cents", reads="coalesce(t.cents, t.amount)")),
        new=_paid("cents"),
        is_of_its_own=True,
    ),
    "change_column_type_wider": Workload(
        fill=_FILL,
        draw=_draw,
        old=crud("orders", {"quantity": "quantity"}, insert("INSERT INTO orders (id) VALUES (%(key)s)", quantity=1)),
        bridge=crud("orders", {"quantity": Column("amount_ordered", reads="coalesce(t.amount_ordered, t.quantity)")}),
        new=crud(
            "orders", {"quantity": "amount_ordered"}, insert("INSERT INTO orders (id) VALUES (%(key)s)", quantity=1)
        ),
    ),
    "change_column_type_text_to_number": Workload(
        fill=_FILL,
        draw=_draw,
        old=crud(
            "orders", {"amount": "amount"}, insert("INSERT INTO orders (id) VALUES (%(key)s)", amount=None, price=None)
        ),
        bridge=crud("orders", {"price": Column("price", reads="coalesce(t.price, t.amount::numeric)")}),
        new=crud(
            "orders", {"price": "price"}, insert("INSERT INTO orders (id) VALUES (%(key)s)", amount=None, price=None)
        ),
        linked=(frozenset({"amount", "price"}),),
    ),
    "change_column_type_zone": Workload(
        fill=_FILL,
        draw=_draw,
        old=crud("orders", {"placed": "placed"}),
        bridge=crud(
            "orders",
            {"placed_at": Column("placed_at", reads="coalesce(t.placed_at, t.placed AT TIME ZONE 'Europe/Berlin')")},
        ),
        new=crud("orders", {"placed_at": "placed_at"}),
        linked=(frozenset({"placed", "placed_at"}),),
    ),
    "change_column_type_free": Workload(fill=_FILL, draw=_draw, old=_CODES, new=_CODES),
    "change_column_type_utc": Workload(fill=_FILL, draw=_draw, old=_PLACED, new=_PLACED),
    "change_column_type_partitioned": Workload(
        fill=log_table.FILL,
        draw=log_table.draw,
        old=log_table.log({"size": "size"}, insert(log_table.BARE, size=1)),
        bridge=log_table.log({"size": Column("bytes", reads="coalesce(t.bytes, t.size)")}),
        new=log_table.log({"size": "bytes"}, insert(log_table.BARE, size=1)),
        is_of_its_own=True,
        depends_on_server=True,
    ),
    "change_column_type_free_partitioned": Workload(
        fill="INSERT INTO events SELECT g, date '2025-01-01' + g % 300, 'k' || g FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"kind": f"k{n}"},
        old=_EVENTS,
        new=_EVENTS,
    ),
}
