"""Old code says the old label in the old column, new code the new label in the new one."""

from tests.recipes.crud import Column, crud
from tests.recipes.workload import Workload, insert

_BOTH = "coalesce(t.feeling::text, CASE t.mood::text WHEN 'sad' THEN 'blue' ELSE t.mood::text END)"
_DEFAULT = insert("INSERT INTO people (id) VALUES (%(key)s)", mood="sad", feeling="blue")

WORKLOADS = {
    "rename_enum_value": Workload(
        fill="INSERT INTO people SELECT g, (enum_range(NULL::mood))[1 + g % 3] FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"mood": ("sad", "happy")[n % 2], "feeling": ("blue", "happy")[n % 2]},
        old=crud("people", {"mood": "mood"}, _DEFAULT),
        bridge=crud("people", {"feeling": Column("feeling", reads=_BOTH)}, _DEFAULT),
        new=crud("people", {"feeling": "feeling"}, _DEFAULT),
        linked=(frozenset({"mood", "feeling"}),),
    ),
}
