"""Both versions use the same names; as contract.sql documents, they read the keys in a form that keeps its type.

Other tables refer to the key: orders with ON DELETE CASCADE, members and notes only to rows that no client deletes.
"""

from tests.recipes.crud import Column, crud
from tests.recipes.workload import ANYTHING, Code, Workload, delete, insert, read, update

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
_ITEM = '"App"."Item"'
# Rows are found by their name: the key is GENERATED ALWAYS, and only OVERRIDING SYSTEM VALUE says which it is.
_ITEMS = Code(
    f'SELECT name AS key, "Tenant" AS tenant, "Id"::text AS number FROM {_ITEM}',
    (
        read(f'SELECT "Tenant" AS tenant, "Id"::text AS number FROM {_ITEM} WHERE name = %(key)s'),
        read(
            'SELECT i."Id"::text AS number, count(p.id) AS parts FROM "App"."Item" i LEFT JOIN "App"."Part" p '
            'ON (p.tenant, p.item) = (i."Tenant", i."Id") WHERE i.name = %(key)s GROUP BY i."Tenant", i."Id"'
        ),
        update(f'INSERT INTO "App"."Part" (tenant, item) SELECT "Tenant", "Id" FROM {_ITEM} WHERE name = %(key)s'),
        insert(f'INSERT INTO {_ITEM} ("Tenant", name) VALUES (%(tenant)s, %(key)s)', number=ANYTHING),
        insert(
            f'INSERT INTO {_ITEM} ("Tenant", "Id", name) OVERRIDING SYSTEM VALUE '
            "VALUES (%(tenant)s, %(number)s::integer, %(key)s)"
        ),
        delete(
            'WITH gone AS (DELETE FROM "App"."Part" p USING "App"."Item" i '
            'WHERE (p.tenant, p.item) = (i."Tenant", i."Id") AND i.name = %(key)s) '
            f"DELETE FROM {_ITEM} WHERE name = %(key)s"
        ),
    ),
)

WORKLOADS = {
    "primary_key_to_bigint": Workload(
        fill="""
            INSERT INTO users SELECT g, 'n' || g FROM generate_series(1, %(rows)s) g;
            INSERT INTO members SELECT g, '2026-01-01' FROM generate_series(121, 160) g;
            INSERT INTO notes SELECT g, g, g FROM generate_series(121, 160) g;
            INSERT INTO orders SELECT -g, g, g FROM generate_series(1, %(rows)s) g;
            CREATE INDEX users_boss_idx ON users (boss)
        """,
        draw=lambda n: {"name": f"n{n}", "boss": str(121 + n % 40), "order": n},
        old=_USERS,
        new=_USERS,
    ),
    "primary_key_to_bigint_identity": Workload(
        fill=f"""
            INSERT INTO {_ITEM} ("Tenant", name) SELECT g % 3, 'n' || g FROM generate_series(1, %(rows)s) g;
            INSERT INTO "App"."Part" (tenant, item) SELECT "Tenant", "Id" FROM {_ITEM}
        """,
        draw=lambda n: {"tenant": n % 3, "number": str(n)},
        old=_ITEMS,
        new=_ITEMS,
        key=lambda n: f"n{n}",
        is_of_its_own=True,
        depends_on_server=True,
    ),
}
