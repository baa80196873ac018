"""Old code says the old name, behind which a view stands after expand; new code says the new one."""

from tests.recipes.crud import crud
from tests.recipes.events_table import FILL, draw, events
from tests.recipes.workload import Code, Workload, insert, read


def _users(table: str) -> Code:
    return crud(
        table,
        {"email": "email", "number": '"select"'},
        insert(f"INSERT INTO {table} (id, email) VALUES (%(key)s, %(email)s)", number=None),
        read(f"SELECT u.email FROM {table} u LEFT JOIN orders o ON o.user_id = u.id WHERE u.id = %(key)s"),
    )


def _bosses(table: str) -> Code:
    return crud(
        table,
        {"email": "email", "boss": "boss"},
        read(f"SELECT b.id AS boss FROM {table} u JOIN {table} b ON b.id = u.boss WHERE u.id = %(key)s"),
    )


WORKLOADS = {
    "rename_table": Workload(
        fill="INSERT INTO users SELECT g, 'u' || g, g FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}", "number": n},
        old=_users("users"),
        new=_users('"People of ours"'),
    ),
    "rename_table_partitioned": Workload(
        fill=FILL,
        draw=draw,
        old=events(),
        new=events(table="app.happenings"),
    ),
    "rename_table_with_parts": Workload(
        fill="INSERT INTO users SELECT g, 'u' || g, 160 FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}", "boss": 160},
        old=_bosses("users"),
        new=_bosses("people"),
        depends_on_server=True,
    ),
}
