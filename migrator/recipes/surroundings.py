"""What lies around a table and is told in expand.sql: replication and row security."""

from migrator.schema.model import Table


def surroundings(table: Table) -> tuple[str, ...]:
    """Return what a reviewer must know about replication and row security before columns are added."""
    published = (
        f"Published by {', '.join(table.publications)}: add the same columns on every subscriber before this runs,"
        " because replication stops at a column that is not there."
    )
    secured = "Row security is on: the backfill's role must own the table or have BYPASSRLS."
    return (*[published] * bool(table.publications), *[secured] * table.has_row_security)
