"""Both versions do the same before, during and after the build; for a unique index they write no duplicates."""

from tests.recipes.crud import crud
from tests.recipes.workload import Workload, insert, read

_CODE = crud(
    "users",
    {"email": "email"},
    insert("INSERT INTO users (id) VALUES (%(key)s)", email=None),
    read("SELECT email FROM users WHERE lower(email) = lower('X') OR id = %(key)s"),
)

WORKLOADS = {
    "create_index": Workload(
        fill="INSERT INTO users SELECT g, 'u' || g FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}"},
        old=_CODE,
        new=_CODE,
    ),
}
