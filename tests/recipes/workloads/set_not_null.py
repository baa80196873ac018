"""As expand.sql documents, every version that runs writes a value; only rows from before are NULL."""

from tests.recipes.crud import crud
from tests.recipes.workload import Workload

_CODE = crud("users", {"email": "email"})

WORKLOADS = {
    "set_not_null": Workload(
        fill="INSERT INTO users SELECT g, nullif('u' || g, 'u' || g / 5 * 5) FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}"},
        old=_CODE,
        new=_CODE,
        refilled=frozenset({"email"}),
    ),
}
