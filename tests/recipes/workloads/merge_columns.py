"""Old code writes the parts, new code the whole; each reads what the other wrote.

As expand.sql documents, new code reads the whole only after migrate: until then the bridge puts the parts together.
"""

from tests.recipes import log_table
from tests.recipes.crud import Column, crud
from tests.recipes.workload import Workload, insert

_FIRST = "split_part(t.full_name, ' ', 1)"


def _draw(number: int) -> dict[str, object]:
    first, last = f"Ann{number}", f"van Berg{number % 9}"
    return {"full_name": f"{first} {last}", "first": first, "last": last}


WORKLOADS = {
    "merge_columns": Workload(
        fill="INSERT INTO people SELECT g, 'Ann' || g, 'van Berg' FROM generate_series(1, %(rows)s) g",
        draw=_draw,
        old=crud(
            "people",
            {"first": "first", "last": "last"},
            insert("INSERT INTO people (id, first) VALUES (%(key)s, 'Bea')", first="Bea", last=""),
        ),
        bridge=crud(
            "people",
            {"full_name": Column("full_name", reads="coalesce(t.full_name, concat_ws(' ', t.first, t.last))")},
        ),
        new=crud("people", {"full_name": "full_name"}, only_read={"first": Column("", reads=_FIRST)}),
        linked=(frozenset({"full_name", "first", "last"}),),
    ),
    "merge_columns_partitioned": Workload(
        fill=log_table.FILL,
        draw=log_table.draw,
        old=log_table.log({"first": "first", "last": "last"}, insert(log_table.BARE, first="", last=None, whole="")),
        bridge=log_table.log(
            {"whole": Column("name", reads="coalesce(t.name, concat_ws(' ', t.first, t.last))")},
        ),
        new=log_table.log({"whole": "name"}, insert(log_table.BARE, whole="")),
        linked=log_table.LINKED,
        depends_on_server=True,
    ),
}
