"""Column privileges: take a column from every role that was granted it, and give back exactly what they had.

`REVOKE SELECT (c)` does nothing while the table is granted as a whole. So the grant on the table is replaced by one
on every other column. What was granted is read first, and giving it back is written from that, not from the present.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.pg.driver import Connection, Row, sql
from migrator.pg.queries import query

_KEYWORDS = {
    "SELECT": sql.SQL("SELECT"),
    "INSERT": sql.SQL("INSERT"),
    "UPDATE": sql.SQL("UPDATE"),
    "REFERENCES": sql.SQL("REFERENCES"),
}


@dataclass(frozen=True, slots=True)
class Saved:
    """One grant as it was: on a table, or on one of its columns. `grantee` None is PUBLIC."""

    schema: str
    table: str
    column: str | None
    grantee: str | None
    privilege: str
    is_grantable: bool


@dataclass(frozen=True, slots=True)
class Unbound:
    """A role that can use the column all the same."""

    role: str
    why: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken, and from whom it could not be taken."""

    saved: tuple[Saved, ...]
    unbound: tuple[Unbound, ...]


def take_columns(connection: Connection, columns: Mapping[int, Collection[str]], role: str | None) -> Taken:
    """Take columns of tables from all roles, or from one.

    Grants by somebody other than the owner are left as they are, and whoever has such a one is unbound.

    Args:
        connection: as the owner of the tables.
        columns: oid of a table -> its columns.
        role: only this one; None: all that were granted something.

    Raises:
        DatabaseError: for example we are not the owner; nothing was changed.
    """
    saved: list[Saved] = []
    unbound: list[Unbound] = []
    values = {"relids": list(columns)}
    with connection.transaction():
        tables = {row["relid"]: row for row in connection.execute(query("grants.tables"), values)}
        for row in connection.execute(query("grants.granted"), values).fetchall():
            if role is None or row["grantee"] == role:
                _sort(row, tables[row["relid"]], saved, unbound)
        others = {each.role for each in unbound}
        saved = [each for each in saved if (each.grantee or "PUBLIC") not in others]
        for relid, table in tables.items():
            _take(connection, table, columns[relid], [each for each in saved if _is_of(each, table)])
        unbound += able_roles(connection, columns, role)
    return Taken(tuple(saved), tuple(dict.fromkeys(unbound)))


def able_roles(
    connection: Connection, columns: Mapping[int, Collection[str]], role: str | None = None
) -> tuple[Unbound, ...]:
    """Return the roles that can log in and use one of the columns as things are now."""
    found = [
        Unbound(row["role"], row["why"])
        for relid, names in columns.items()
        for name in names
        for row in connection.execute(query("grants.able"), {"relid": relid, "role": role, "column": name})
    ]
    return tuple(dict.fromkeys(found))


def _sort(row: Row, table: Row, saved: list[Saved], unbound: list[Unbound]) -> None:
    if row["is_others"]:
        unbound.append(Unbound(row["grantee"] or "PUBLIC", f"has it by a grant of {row['grantor']}, not of the owner"))
        unbound.append(Unbound(row["grantor"], f"has granted it to {row['grantee'] or 'PUBLIC'}"))
        return
    facts = (row["attname"], row["grantee"], row["privilege"], row["is_grantable"])
    saved.append(Saved(table["schema"], table["name"], *facts))


def _is_of(saved: Saved, table: Row) -> bool:
    return (saved.schema, saved.table) == (table["schema"], table["name"])


def _take(connection: Connection, table: Row, columns: Collection[str], saved: Sequence[Saved]) -> None:
    rows = connection.execute(query("grants.columns"), {"relid": table["relid"]})
    others = [row["name"] for row in rows if row["name"] not in columns]
    for grant in saved:
        if grant.column is None:
            connection.execute(_revoke(grant))
            if others:
                connection.execute(_grant(grant, others))
        elif grant.column in columns:
            connection.execute(_revoke(grant, [grant.column]))
    # The grant on the table took those on columns with it.
    for grant in saved:
        if grant.column is not None and grant.column not in columns:
            connection.execute(_grant(grant, [grant.column]))


def give_back(connection: Connection, saved: Sequence[Saved], present: Iterable[tuple[str, str, str]]) -> None:
    """Grant what was saved again, exactly; a column or table that is gone by now is left out.

    Args:
        connection: as the owner of the tables.
        saved: from `take_columns`.
        present: (schema, table, column) of what is there.
    """
    there = set(present)
    tables = {(schema, table) for schema, table, _ in there}
    kept = [s for s in saved if (s.schema, s.table) in tables]
    roles: dict[tuple[str, str, str | None], set[str]] = defaultdict(set)
    for grant in kept:
        roles[grant.schema, grant.table, grant.grantee].add(grant.privilege)
    with connection.transaction():
        for (schema, table, grantee), privileges in roles.items():
            for privilege in sorted(privileges):
                connection.execute(_revoke(Saved(schema, table, None, grantee, privilege, is_grantable=False)))
        for grant in kept:
            if grant.column is None:
                connection.execute(_grant(grant))
            elif (grant.schema, grant.table, grant.column) in there:
                connection.execute(_grant(grant, [grant.column]))


def present_columns(connection: Connection, saved: Sequence[Saved]) -> list[tuple[str, str, str]]:
    """Return (schema, table, column) of what the saved grants concern and is still there."""
    rows = connection.execute(query("statements.columns"))
    wanted = {(s.schema, s.table) for s in saved}
    return [
        (row["schema"], row["name"], column)
        for row in rows
        if (row["schema"], row["name"]) in wanted
        for column in row["columns"] or ()
    ]


def _revoke(grant: Saved, columns: Sequence[str] = ()) -> sql.Composed:
    return sql.SQL("REVOKE {what} ON TABLE {table} FROM {who}").format(**_parts(grant, columns))


def _grant(grant: Saved, columns: Sequence[str] = ()) -> sql.Composed:
    option = sql.SQL(" WITH GRANT OPTION" if grant.is_grantable else "")
    return sql.SQL("GRANT {what} ON TABLE {table} TO {who}{option}").format(**_parts(grant, columns), option=option)


def _parts(grant: Saved, columns: Sequence[str]) -> dict[str, sql.Composable]:
    what: sql.Composable = _KEYWORDS[grant.privilege]
    if columns:
        what = sql.SQL("{} ({})").format(what, sql.SQL(", ").join(map(sql.Identifier, columns)))
    who = sql.SQL("PUBLIC") if grant.grantee is None else sql.Identifier(grant.grantee)
    return {"what": what, "table": sql.Identifier(grant.schema, grant.table), "who": who}
