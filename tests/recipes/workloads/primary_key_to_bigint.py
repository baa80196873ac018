"""Both versions use the same names; as contract.sql documents, they read the keys in a form that keeps its type.

Other tables refer to the key: orders with ON DELETE CASCADE, members and notes only to rows that no client deletes.
"""

from tests.recipes.crud import Column, crud
from tests.recipes.workload import Workload, insert, read, update

_USERS = crud(
    "users",
    # A prepared statement that returned the column itself would fail when its type changes.
    {"name": "name", "boss": Column("boss", reads="t.boss::text")},
    insert("INSERT INTO users (id, name) VALUES (%(key)s, %(name)s)", boss=None),
    update("INSERT INTO orders (id, user_id, total) VALUES (%(order)s, %(key)s, %(order)s)"),
    read(
        "SELECT t.name AS name, count(o.id) AS orders FROM users t LEFT JOIN orders o ON o.user_id = t.id "
        "WHERE t.id = %(key)s GROUP BY t.id, t.name"
    ),
)

WORKLOADS = {
    "primary_key_to_bigint": Workload(
        fill="""
            INSERT INTO users SELECT g, 'n' || g FROM generate_series(1, %(rows)s) g;
            INSERT INTO members SELECT g, '2026-01-01' FROM generate_series(121, 160) g;
            INSERT INTO notes SELECT g, g, g FROM generate_series(121, 160) g;
            INSERT INTO orders SELECT -g, g, g FROM generate_series(1, %(rows)s) g
        """,
        draw=lambda n: {"name": f"n{n}", "boss": str(121 + n % 40), "order": n},
        old=_USERS,
        new=_USERS,
    ),
}
