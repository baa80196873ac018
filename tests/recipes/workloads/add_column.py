"""Old code never hears of the column; new code writes and reads it from expand on, and accepts NULL before migrate."""

from tests.recipes.crud import Column, crud
from tests.recipes.workload import ANYTHING, Code, Workload, delete, insert, read, update, upsert

_FILL = "INSERT INTO users SELECT generate_series(1, %(rows)s)"


def only_keys(**leaves: object) -> Code:
    """Return code for which the table has one column only: the key."""
    return Code(
        "SELECT id AS key FROM users",
        (
            read("SELECT id FROM users WHERE id = %(key)s"),
            update("UPDATE users SET id = id WHERE id = %(key)s"),
            insert("INSERT INTO users (id) VALUES (%(key)s)", **leaves),
            upsert("INSERT INTO users (id) VALUES (%(key)s) ON CONFLICT (id) DO UPDATE SET id = excluded.id", **leaves),
            delete("DELETE FROM users WHERE id = %(key)s"),
        ),
    )


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
}
