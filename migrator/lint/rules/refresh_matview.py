"""Computes a materialized view again while nobody can read it.

Why:
    REFRESH takes ACCESS EXCLUSIVE on the view for as long as its query runs. CONCURRENTLY lets readers go on with the
    old rows; it needs a unique index on the view, and may stand in a transaction.

Bad:
    REFRESH MATERIALIZED VIEW reports;

Good:
    REFRESH MATERIALIZED VIEW CONCURRENTLY reports;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.statements.effects import Held
from migrator.statements.facts.nodes import table_name

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report REFRESH without CONCURRENTLY, but of views that this file made and WITH NO DATA."""
    for step in file.of_kind("refresh_mat_view_stmt"):
        statement = step.statement.node.refresh_mat_view_stmt
        view = table_name(statement.relation)
        if not statement.concurrent and not statement.skip_data and not file.is_new_table(view, step):
            yield waits(
                step,
                "REFRESH",
                LOCK,
                view,
                Held.REWRITE,
                f"Let readers go on: REFRESH MATERIALIZED VIEW CONCURRENTLY {view}; (it needs a unique index).",
                how_long="while its whole query runs",
            )
