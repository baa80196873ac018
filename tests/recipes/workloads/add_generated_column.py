"""Old code never hears of the column; new code reads it after migrate and never writes it."""

from decimal import Decimal

from tests.recipes.crud import crud
from tests.recipes.workload import Workload, insert

_KNOWN = {"price": "price", "amount": "amount"}

WORKLOADS = {
    "add_generated_column": Workload(
        fill="INSERT INTO lines SELECT g, g % 100 * 1.25, g FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"price": Decimal(n % 100), "amount": n % 7, "total": Decimal(n % 100 * (n % 7))},
        old=crud(
            "lines",
            _KNOWN,
            insert("INSERT INTO lines (id, amount) VALUES (%(key)s, 3)", price=None, amount=3, total=None),
        ),
        bridge=crud("lines", _KNOWN),
        new=crud("lines", _KNOWN, only_read={"total": "total"}),
        linked=(frozenset({"price", "amount", "total"}),),
    ),
}
