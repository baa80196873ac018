"""Old code may still write the label that goes; new code, in the new column, reads what stands instead of it."""

from tests.recipes.crud import Column, crud
from tests.recipes.workload import Action, Code, Workload, insert, update

_BOTH = "coalesce(t.feeling::text, CASE t.mood::text WHEN 'happy' THEN 'it''s ok' ELSE t.mood::text END)"
_DEFAULT = insert("INSERT INTO people (id) VALUES (%(key)s)", mood="sad", feeling="sad")
_AT = "date '2025-10-01' + (%(key)s %% 200)::int"


def _diary(column: str, *more: Action, reads: str = "") -> Code:
    """The application of the partitioned table; the partition follows from the key."""
    value = "feeling" if column == "feeling" else "mood"
    default = insert(f"INSERT INTO diary (id, at) VALUES (%(key)s, {_AT})", mood="sad", feeling="sad")
    return crud("diary", {value: Column(column, reads=reads)}, default, *more, computed={"at": _AT})


WORKLOADS = {
    "remove_enum_value": Workload(
        # New code that writes what it reads already is no write: then old code goes on reading the label that goes.
        fill="""
            INSERT INTO people SELECT g, CASE WHEN g BETWEEN 61 AND 120 THEN 'sad' ELSE 'happy' END::mood
            FROM generate_series(1, %(rows)s) g
        """,
        draw=lambda n: {"mood": ("sad", "it's ok")[n % 2], "feeling": ("sad", "it's ok")[n % 2]},
        old=crud(
            "people",
            {"mood": "mood"},
            _DEFAULT,
            update("UPDATE people SET mood = 'happy' WHERE id = %(key)s", mood="happy", feeling="it's ok"),
        ),
        bridge=crud("people", {"feeling": Column("feeling", reads=_BOTH)}, _DEFAULT),
        new=crud("people", {"feeling": "feeling"}, _DEFAULT),
        linked=(frozenset({"mood", "feeling"}),),
    ),
    "remove_enum_value_partitioned": Workload(
        fill="""
            INSERT INTO diary
            SELECT g, date '2025-10-01' + g % 200, CASE WHEN g BETWEEN 61 AND 120 THEN 'sad' ELSE 'happy' END::mood
            FROM generate_series(1, %(rows)s) g
        """,
        draw=lambda n: {"mood": ("sad", "it's ok")[n % 2], "feeling": ("sad", "it's ok")[n % 2]},
        old=_diary(
            "mood", update("UPDATE diary SET mood = 'happy' WHERE id = %(key)s", mood="happy", feeling="it's ok")
        ),
        bridge=_diary("feeling", reads=_BOTH),
        new=_diary("feeling"),
        linked=(frozenset({"mood", "feeling"}),),
        depends_on_server=True,
    ),
}
