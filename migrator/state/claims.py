"""Claims: which open migration works on a table. One chain per table, unique in the database.

A migration claims its tables in the transaction of its state change and gives them back in the one that ends it. The
second claim of a table is refused, unless one of the two depends on the other: then the later one stands behind the
earlier in the chain. A claim holds the table's partitions and children too, as the catalog has them when the second
one is taken: DDL on a parent reaches all below it. Plain functions on a connection; `Store` calls them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.errors import TableClaimed
from migrator.names import TableName
from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class Claim:
    """One migration's claim of one table, and the state of that migration."""

    migration: str
    table: TableName
    state: str


def take(connection: Connection, migration: str, tables: Iterable[TableName]) -> None:
    """Claim the tables, inside the caller's transaction; those that the migration holds already stay its own.

    Raises:
        TableClaimed: another open migration holds one, and neither depends on the other.
    """
    wanted = sorted(set(tables))
    if not wanted:
        return
    take_turn(connection)
    for row in connection.execute(_sql("ended")).fetchall():
        release(connection, row["migration"])
    held = _holders(connection, wanted)
    ancestors = _Ancestors.read(connection)
    for table in wanted:
        _take_one(connection, migration, table, held.get(table, ()), ancestors)


def _take_one(
    connection: Connection, migration: str, table: TableName, held: Sequence[Row], ancestors: "_Ancestors"
) -> None:
    held = [row for row in held if not (row["place"] and row["migration"] == migration)]
    if any(row["migration"] == migration for row in held):
        return
    _refuse_strangers(migration, table, held, ancestors)
    chain = [row for row in held if not row["place"]]
    followed = {row["after"] for row in chain}
    last = next((row["migration"] for row in chain if row["migration"] not in followed), "")
    values = {"migration": migration, "schema": table.schema, "name": table.name, "after": last}
    connection.execute(_sql("take"), values)


def _refuse_strangers(migration: str, table: TableName, held: Sequence[Row], ancestors: "_Ancestors") -> None:
    strangers = [row for row in held if not ancestors.are_related(migration, row["migration"])]
    if strangers:
        other = strangers[0]
        raise TableClaimed(
            f"{migration} works on {table}, {_meeting(other)} until it has ended.",
            f"Finish or abort {other['migration']} first; if this one is meant to build on it, name it in depends_on.",
            table=str(table),
            holder=other["migration"],
        )


def _meeting(other: Row) -> str:
    """Return how the claim of another migration meets a table: it is of the table itself, of a parent or of a part."""
    holds = f"{other['migration']} ({other['state']}) holds"
    related = TableName(other["table_schema"], other["table_name"])
    ways = {"above": f"a part of {related}, which {holds}", "below": f"of which {holds} the part {related}"}
    return ways.get(other["place"], f"which {holds}")


def release(connection: Connection, migration: str) -> None:
    """Give back all claims of the migration; who stood behind it moves up."""
    for row in connection.execute(_sql("release"), {"migration": migration}).fetchall():
        connection.execute(_sql("pass_on"), {**row, "migration": migration})


def end(connection: Connection, migration: str) -> None:
    """Give the claims back in turn with those who take some, inside the caller's transaction."""
    take_turn(connection)
    release(connection, migration)


def take_turn(connection: Connection) -> None:
    """Wait until no other session changes claims; until this transaction ends, none does."""
    connection.execute(_sql("take_turn"))


def held_by_all(connection: Connection) -> tuple[Claim, ...]:
    """Return every claim, by migration and table."""
    rows = connection.execute(_sql("all"))
    return tuple(Claim(r["migration"], TableName(r["table_schema"], r["table_name"]), r["state"]) for r in rows)


def in_the_way(
    connection: Connection, migration: str, depends_on: Sequence[str], tables: Iterable[TableName]
) -> tuple[Claim, ...]:
    """Return the claims of others that `take` would be refused for, also before the migration has a record."""
    ancestors = _Ancestors({**_Ancestors.read(connection).direct, migration: depends_on})
    rows = [row for found in _holders(connection, sorted(set(tables))).values() for row in found]
    found = [
        Claim(row["migration"], TableName(row["table_schema"], row["table_name"]), row["state"])
        for row in rows
        if row["migration"] != migration and not ancestors.are_related(migration, row["migration"])
    ]
    return tuple(dict.fromkeys(found))


def refuse_in_the_way(
    connection: Connection, migration: str, depends_on: Sequence[str], tables: Iterable[TableName]
) -> None:
    """Raise what `take` would raise, also before the migration has a record; takes nothing.

    Raises:
        TableClaimed: another open migration holds one, and neither depends on the other.
    """
    ancestors = _Ancestors({**_Ancestors.read(connection).direct, migration: depends_on})
    for table, held in _holders(connection, sorted(set(tables))).items():
        others = [row for row in held if row["migration"] != migration]
        _refuse_strangers(migration, table, others, ancestors)


def touch(connection: Connection, migration: str, owners: Iterable[TableName]) -> None:
    """Record what the migration changes."""
    found = sorted(set(owners))
    values = {"schemas": [owner.schema for owner in found], "names": [owner.name for owner in found]}
    connection.execute(_sql("touch"), {"migration": migration, **values})


def touched(connection: Connection, migration: str) -> tuple[TableName, ...]:
    """Return what the migration changes."""
    rows = connection.execute(_sql("touched"), {"migration": migration})
    return tuple(TableName(row["owner_schema"], row["owner_name"]) for row in rows)


@dataclass(frozen=True, slots=True)
class _Ancestors:
    """Who builds on whom."""

    direct: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, connection: Connection) -> "_Ancestors":
        return cls({row["id"]: row["depends_on"] for row in connection.execute(_sql("dependencies"))})

    def are_related(self, one: str, other: str) -> bool:
        """Whether one of the two depends on the other, over any number of others."""
        return other in self._of(one) or one in self._of(other)

    def _of(self, migration: str) -> set[str]:
        found: set[str] = set()
        waiting = list(self.direct.get(migration, ()))
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.direct.get(name, ()))
        return found


def _holders(connection: Connection, tables: Sequence[TableName]) -> Mapping[TableName, Sequence[Row]]:
    """Return table -> the claims that meet one of it."""
    values = {"schemas": [table.schema for table in tables], "names": [table.name for table in tables]}
    found: dict[TableName, list[Row]] = {}
    for row in connection.execute(_sql("holders"), values):
        if row["state"] not in {"complete", "aborted"}:
            found.setdefault(TableName(row["wanted_schema"], row["wanted_name"]), []).append(row)
    return found


def _sql(name: str) -> bytes:
    return query(f"claims.{name}", "migrator.state")
