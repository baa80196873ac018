"""Queries of applications that the server has seen: from pg_stat_statements where it is, and from live sessions.

Texts only; what they mean is read by `migrator.phases.cached_plans`.
"""

from collections.abc import Sequence

from migrator.pg.driver import Connection, DatabaseError, sql
from migrator.pg.queries import query

_MOST = 500
_SEEN = """
    SELECT s.query FROM {}.pg_stat_statements s
    WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND strpos(s.query, '*') > 0
      AND EXISTS (SELECT FROM unnest(%(names)s::text[]) AS n (name) WHERE strpos(lower(s.query), lower(n.name)) > 0)
    ORDER BY s.calls DESC LIMIT %(most)s
"""
"""The view's schema is not known before; a text that our role may not see holds no table's name."""


def star_queries(connection: Connection, names: Sequence[str]) -> tuple[str, ...]:
    """Return queries with a `*` that mention one of the names, the most frequent first; a first, rough choice.

    Empty also when nothing could be read: statistics that are missing never stop a migration.
    """
    if not names:
        return ()
    values = {"names": list(names), "most": _MOST}
    found = [row["query"] for row in connection.execute(query("plans.running"), values)]
    row = connection.execute(query("plans.statements_schema")).fetchone()
    if row is not None:
        try:
            with connection.transaction():
                seen = connection.execute(sql.SQL(_SEEN).format(sql.Identifier(row["schema"])), values)
                found = [item["query"] for item in seen] + found
        except DatabaseError:
            pass  # created, but not in shared_preload_libraries
    return tuple(dict.fromkeys(found))
