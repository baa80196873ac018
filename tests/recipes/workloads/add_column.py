"""Old code never hears of the column; new code writes and reads it from expand on, and accepts NULL before migrate."""

from tests.recipes.crud import Column, crud
from tests.recipes.events_table import FILL, draw, events
from tests.recipes.workload import ANYTHING, Code, Workload, delete, insert, read, update, upsert

_FILL = "INSERT INTO users SELECT generate_series(1, %(rows)s)"


def only_keys(table: str = "users", **leaves: object) -> Code:
    """Return code for which the table has one column only: the key."""
    into = f"INSERT INTO {table} (id) VALUES (%(key)s)"
    return Code(
        f"SELECT id AS key FROM {table}",
        (
            read(f"SELECT id FROM {table} WHERE id = %(key)s"),
            update(f"UPDATE {table} SET id = id WHERE id = %(key)s"),
            insert(into, **leaves),
            upsert(f"{into} ON CONFLICT (id) DO UPDATE SET id = excluded.id", **leaves),
            delete(f"DELETE FROM {table} WHERE id = %(key)s"),
        ),
    )


_NUMBERED = crud('"Users"', {"number": '"No"'}, insert('INSERT INTO "Users" (id) VALUES (%(key)s)', number=ANYTHING))

WORKLOADS = {
    "add_column_volatile": Workload(
        fill=_FILL,
        draw=lambda n: {"token": f"{n:08x}-0000-4000-8000-000000000000"},
        old=only_keys(),
        bridge=crud("users", {"token": Column("token", "uuid")}, *only_keys(token=ANYTHING).actions),
        new=crud("users", {"token": Column("token", "uuid")}, *only_keys(token=ANYTHING).actions),
    ),
    "add_column_plain": Workload(
        fill=_FILL,
        draw=lambda n: {"nick": f"nick {n}"},
        old=only_keys(nick=None),
        new=crud("users", {"nick": "nick"}, insert("INSERT INTO users (id) VALUES (%(key)s)", nick=None)),
        given={"nick": None},
    ),
    "add_column_constant": Workload(
        fill=_FILL,
        draw=lambda n: {"score": n},
        old=only_keys(score=7),
        new=crud("users", {"score": "score"}, insert("INSERT INTO users (id) VALUES (%(key)s)", score=7)),
        given={"score": 7},
    ),
    "add_column_serial": Workload(
        fill=FILL,
        draw=lambda n: {**draw(n), "number": n},
        old=events(),
        new=events(*events(leaves={"number": ANYTHING}).actions, columns=("place", "kind", "number")),
    ),
    "add_column_identity": Workload(
        fill='INSERT INTO "Users" SELECT generate_series(1, %(rows)s)',
        draw=lambda n: {"number": n},
        old=only_keys('"Users"'),
        new=_NUMBERED,
        is_of_its_own=True,
    ),
}
