"""The last section of docs/recipes.md: what clients saw while each recipe ran, as the tests recorded it."""

from tests.docs.markdown import table
from tests.recipes.trial_results import by_kind

_TRIALS = """\
## What applications see

Recorded by `MIGRATOR_UPDATE_TRIALS=1 pytest tests/recipes/test_under_clients.py`. Clients of old and new code read what
they wrote, update whole rows, insert, upsert, delete and join while the engine takes the migration through every phase,
and through abort from the end of expand, half-way and from the end of migrate; half of them prepare every statement.
At the end of each phase every row, as each version sees it, is compared with what was written. The longest stall is
that of a small table on a busy machine; `python -m benchmarks.stalls` measures it on a large one.
"""


def trials() -> str:
    """Return the section: recipe and server, queries, and what went wrong."""
    rows = [
        (
            kind.replace("_", "-"),
            server.replace("pg", "PostgreSQL "),
            f"{score.queries}",
            f"{score.failed}",
            f"{score.diverged}",
            f"{score.longest_ms} ms",
        )
        for (kind, server), score in sorted(by_kind().items())
    ]
    return f"{_TRIALS}\n{table(('recipe', 'server', 'queries', 'failed', 'diverged', 'longest stall'), rows)}"
