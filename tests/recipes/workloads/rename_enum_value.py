"""Old code says the old label in the old column, new code the new label in the new one."""

from tests.recipes.crud import Column, crud
from tests.recipes.workload import Code, Workload, insert

_BOTH = "coalesce(t.feeling::text, CASE t.mood::text WHEN 'sad' THEN 'blue' ELSE t.mood::text END)"
_DEFAULT = insert("INSERT INTO people (id) VALUES (%(key)s)", mood="sad", feeling="blue")
_AT = "date '2025-10-01' + (%(key)s %% 200)::int"


def _diary(column: str, reads: str = "") -> Code:
    """The application of the partitioned table; the partition follows from the key."""
    value = "feeling" if column == "feeling" else "mood"
    default = insert(f"INSERT INTO diary (id, at) VALUES (%(key)s, {_AT})", mood="sad", feeling="blue")
    return crud("diary", {value: Column(column, reads=reads)}, default, computed={"at": _AT})


WORKLOADS = {
    "rename_enum_value": Workload(
        fill="INSERT INTO people SELECT g, (enum_range(NULL::mood))[1 + g % 3] FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"mood": ("sad", "happy")[n % 2], "feeling": ("blue", "happy")[n % 2]},
        old=crud("people", {"mood": "mood"}, _DEFAULT),
        bridge=crud("people", {"feeling": Column("feeling", reads=_BOTH)}, _DEFAULT),
        new=crud("people", {"feeling": "feeling"}, _DEFAULT),
        linked=(frozenset({"mood", "feeling"}),),
    ),
    "rename_enum_value_partitioned": Workload(
        fill="""
            INSERT INTO diary SELECT g, date '2025-10-01' + g % 200, (enum_range(NULL::mood))[1 + g % 3]
            FROM generate_series(1, %(rows)s) g
        """,
        draw=lambda n: {"mood": ("sad", "happy")[n % 2], "feeling": ("blue", "happy")[n % 2]},
        old=_diary("mood"),
        bridge=_diary("feeling", reads=_BOTH),
        new=_diary("feeling"),
        linked=(frozenset({"mood", "feeling"}),),
        depends_on_server=True,
    ),
}
