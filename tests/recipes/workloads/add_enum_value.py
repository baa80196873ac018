"""Old code knows the labels of before; new code writes the new one from expand on, to rows that it reads itself."""

from tests.recipes.crud import Column, crud
from tests.recipes.workload import Workload, update

_MOOD = {"mood": Column("mood", "mood")}

WORKLOADS = {
    "add_enum_value": Workload(
        fill="INSERT INTO users SELECT g, CASE WHEN g % 2 = 0 THEN 'sad' ELSE 'happy' END::mood "
        "FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"mood": ("sad", "happy")[n % 2]},
        old=crud("users", _MOOD),
        new=crud("users", _MOOD, update("UPDATE users SET mood = 'so-so' WHERE id = %(key)s", mood="so-so")),
        is_undone_by_abort=False,  # PostgreSQL cannot remove a label
    ),
}
