"""What writers of a table get to see: the same statements give the same rows, or the same refusal, in two databases.

Each statement runs in a transaction that is taken back, with all sequences at the same place, so that the order of
the statements and what ran before do not matter.
"""

from collections.abc import Collection, Iterator, Mapping
from random import Random

from psycopg import Error, Rollback

from migrator.names import quote
from migrator.pg.connection import Connection
from tests.recipes.schema_maker import ROLES, Design

_SEQUENCES = b"""
SELECT setval(seqrelid::regclass, 500) FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid
WHERE relnamespace <> 'migrator'::regnamespace
"""
_CHILDREN = b"""
SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = '"App Schema"'::regnamespace
AND (relname ILIKE 'child%' OR relname LIKE 'aaaa%' OR relname = 'log') ORDER BY 1
"""


def statements(
    design: Design, about: Collection[str], names: Mapping[str, str], *, defaults: bool = True
) -> Iterator[str]:
    """Yield statements that name the columns `about`, and some that do not; the same for each `names`.

    `defaults`: whether the columns `about` have their defaults; until the contract a new column has none, so that an
    INSERT that says NULL and an UPDATE that says DEFAULT mean another thing.
    """
    random, key = Random(design.seed), quote(design.key.name)  # noqa: S311 the same for the same seed
    written = [column for column in design.columns if column.is_written]
    focus = [column for column in written if column.name in about]
    name = {column.name: quote(names.get(column.name, column.name)) for column in design.columns}

    def row(number: int, columns: list[str]) -> str:
        drawn = {c.name: random.choice(c.values) for c in written if c.name in columns}
        kept = {c: value for c, value in drawn.items() if defaults or value != "NULL" or c not in about}
        listed = ", ".join((key, *(name[column] for column in kept)))
        return f"INSERT INTO {design.table} ({listed}) VALUES ({', '.join((str(number), *kept.values()))})"

    everything = [column.name for column in written]
    yield f"DELETE FROM {design.table} WHERE {key} = 5"
    yield f"INSERT INTO {design.table} ({key}) VALUES (1001)"
    yield from (row(1002 + number, everything) for number in range(3))
    for column in focus:
        own = name[column.name]
        yield row(1010, [column.name])
        for value in (*column.values, *["DEFAULT"] * defaults):
            yield f"UPDATE {design.table} SET {own} = {value} WHERE {key} IN (6, 7)"
        yield f"{row(8, everything)} ON CONFLICT ({key}) DO UPDATE SET {own} = excluded.{own}"
        yield f"UPDATE {design.table} SET {own} = {own}"
        yield f"UPDATE {design.table} t SET {own} = o.{own} FROM {design.table} o WHERE o.{key} = 4"
    for column in [column for column in written if column not in focus][:3]:
        yield f"UPDATE {design.table} SET {name[column.name]} = {random.choice(column.values)} WHERE {key} = 9"
    yield f"UPDATE {design.table} SET {key} = {key} + 5000 WHERE {key} = 10"


def outcomes(
    connection: Connection,
    design: Design,
    about: Collection[str],
    names: Mapping[str, str] | None = None,
    *,
    defaults: bool = True,
) -> dict[str, tuple[str, ...]]:
    """Return for each statement what the rows are afterwards, or the SQLSTATE; a role with few rights runs some."""
    names = names or {}
    children = [row["name"] for row in connection.execute(_CHILDREN)]
    found: dict[str, tuple[str, ...]] = {}
    for number, text in enumerate(statements(design, about, names, defaults=defaults)):
        for role in ("", ROLES[number % 2])[: 2 if number % 3 == 0 else 1]:
            found[f"{number} {text} -- as {role or 'superuser'}"] = _outcome(
                connection, design, names, text, role, children
            )
    return found


def rows(connection: Connection, design: Design, names: Mapping[str, str], left_out: Collection[str] = ()) -> list[str]:
    """Return the table's rows as text, by the columns as they were called before."""
    columns = [design.key.name, *(column.name for column in design.columns if column.name not in left_out)]
    listed = ", ".join(f"{quote(names.get(column, column))}::text" for column in columns)
    query = f"SELECT ROW({listed})::text AS told FROM {design.table}"
    return sorted(repr(row["told"]) for row in connection.execute(query.encode()))


def _outcome(
    connection: Connection, design: Design, names: Mapping[str, str], text: str, role: str, children: list[str]
) -> tuple[str, ...]:
    result: list[str] = []
    try:
        with connection.transaction():
            connection.execute(_SEQUENCES)
            connection.execute('DELETE FROM "App Schema".log')
            if role:
                connection.execute(f"SET LOCAL ROLE {quote(role)}".encode())
            connection.execute(text.encode())
            connection.execute("RESET ROLE")
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            result = rows(connection, design, names)
            for child in children:
                listed = "line" if child.endswith(".log") else "ROW(id, ref)::text"
                told = connection.execute(f"SELECT {listed} AS told FROM {child}".encode())
                result += sorted(f"{child} {row['told']!r}" for row in told)
            raise Rollback
    except Error as exc:
        result = [str(exc.sqlstate)]
    return tuple(result)
