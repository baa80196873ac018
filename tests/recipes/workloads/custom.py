"""The files of the case add a column by hand, and drop another that they added; new code knows the first."""

from tests.recipes.crud import crud
from tests.recipes.workload import Workload, insert
from tests.recipes.workloads.add_column import only_keys

WORKLOADS = {
    "custom": Workload(
        fill="INSERT INTO users SELECT generate_series(1, %(rows)s)",
        draw=lambda n: {"nick": f"nick {n}"},
        old=only_keys(nick=None),
        new=crud("users", {"nick": "nick"}, insert("INSERT INTO users (id) VALUES (%(key)s)", nick=None)),
        given={"nick": None},
    ),
}
