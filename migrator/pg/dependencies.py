"""What the catalog knows to hang on objects that are to be removed: what would break, and what would vanish silently.

Follows `pg_depend` the way DROP does. A dependency of type `n` makes the server refuse the drop (a view, a policy);
the other types are dropped along without a word (an index over two columns when one of them goes). Called by the
gate `dependencies`; what the catalog cannot see, text bodies of functions, is in `migrator.pg.bodies`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query

Name = tuple[str, str, str, str]
"""(kind, schema, name, table), as `migrator.statements.effects.ObjectRef` has them."""

KINDS = frozenset(
    """column constraint trigger policy rule table view index sequence function procedure routine aggregate type
    domain statistics schema extension publication""".split()
) | {"materialized view", "foreign table"}
"""Kinds that `resolve` can find in the catalog."""

_BELONGS_TO_COLUMN = frozenset({"not null", "default of column", "toast table"})
"""Dropped along with a column, and without meaning for anything else."""


class Address(NamedTuple):
    """An object in the catalog: the table it is listed in, its oid, and the column's number or 0."""

    classid: int
    objid: int
    objsubid: int


@dataclass(frozen=True, slots=True)
class Use:
    """Something that uses a removed object; `number` is the position of that object in the names asked about."""

    number: int
    user: str
    """`view public.v`, `index public.users_two_idx`."""
    how: str
    """How it meets the removal: `depends on`, `vanishes with`, `reads the whole row with`."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One dependency: `address` is what a person would name (a view), `raw` what the catalog lists (its rule)."""

    number: int
    of: Address
    kind: str
    raw: Address
    address: Address
    user: str
    type: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Named objects, their addresses by number, and everything that goes when they go."""

    targets: Mapping[int, frozenset[Address]]
    edges: tuple[Edge, ...]

    @property
    def named(self) -> frozenset[Address]:
        """The addresses of the named objects themselves."""
        return frozenset(address for addresses in self.targets.values() for address in addresses)

    @property
    def columns(self) -> frozenset[int]:
        """The numbers of the names that are columns: what goes with one of those is to be told, not excused."""
        return frozenset(number for number, found in self.targets.items() if any(address.objsubid for address in found))

    @property
    def whole(self) -> frozenset[Address]:
        """The named objects, and all that goes with those that are not columns."""
        return self.named | _going(edge for edge in self.edges if edge.number not in self.columns)

    @property
    def all(self) -> frozenset[Address]:
        """The named objects and all that goes with any of them."""
        return self.named | _going(self.edges)

    def going_by_number(self) -> dict[Address, set[int]]:
        """Return, for all that goes with names that are not columns, which names it goes with."""
        columns = self.columns
        found: dict[Address, set[int]] = {}
        for edge in self.edges:
            if edge.kind != "n" and edge.number not in columns:
                found.setdefault(edge.raw, set()).add(edge.number)
        return found


def _going(edges: Iterable[Edge]) -> frozenset[Address]:
    return frozenset(address for edge in edges if edge.kind != "n" for address in (edge.raw, edge.address))


def reach(connection: Connection, names: Sequence[Name]) -> Reach:
    """Look up the names and what hangs on them; a name that does not exist has no addresses."""
    targets = _resolve(connection, names)
    flat = [(number, *address) for number, found in targets.items() for address in found]
    numbers, classids, objids, objsubids = ([item[part] for item in flat] for part in range(4))
    values = {"numbers": numbers, "classids": classids, "objids": objids, "objsubids": objsubids}
    rows = connection.execute(query("gates.dependants"), values)
    return Reach(targets, tuple(_edge(row) for row in rows))


def _resolve(connection: Connection, names: Sequence[Name]) -> dict[int, frozenset[Address]]:
    kinds, schemas, words, tables = ([name[part] for name in names] for part in range(4))
    values = {"kinds": kinds, "schemas": schemas, "names": words, "tables": tables}
    found: dict[int, set[Address]] = {number: set() for number in range(len(names))}
    for row in connection.execute(query("gates.resolve"), values):
        found[row["number"] - 1].add(Address(row["classid"], row["objid"], row["objsubid"]))
    return {number: frozenset(addresses) for number, addresses in found.items()}


def _edge(row: Row) -> Edge:
    return Edge(
        number=row["number"],
        of=Address(row["of_classid"], row["of_objid"], row["of_objsubid"]),
        kind=row["deptype"],
        raw=Address(row["raw_classid"], row["raw_objid"], row["raw_objsubid"]),
        address=Address(row["classid"], row["objid"], row["objsubid"]),
        user=f"{row['type']} {row['identity']}",
        type=row["type"],
    )


def breaking(removed: Reach, own: Reach) -> tuple[Use, ...]:
    """Return what the server would refuse the removal for, other than what is itself removed or our own.

    What depends on something of our own that hangs on the removed (a sequence that is handed over) is not asked about.
    """
    excused = removed.all | own.whole
    stays = own.named - removed.named
    edges = (e for e in removed.edges if e.kind == "n" and e.of not in stays and not {e.raw, e.address} & excused)
    return _uses(edges, "depends on")


def vanishing(removed: Reach, own: Reach) -> tuple[Use, ...]:
    """Return what would be dropped along without a word, and is not itself removed by name.

    With a column: indexes, constraints, statistics, an owned sequence. With a table: its place in publications;
    its own indexes, constraints and triggers belong to it.
    """
    excused = removed.named | own.whole
    goes_with = removed.going_by_number()
    edges = (
        e
        for e in removed.edges
        if e.kind != "n" and e.of in removed.targets[e.number] and _is_loss(e)
        if not {e.raw, e.address} & excused and not goes_with.get(e.raw, set[int]()) - {e.number}
    )
    return _uses(edges, "vanishes with")


def _is_loss(edge: Edge) -> bool:
    if not edge.of.objsubid:
        return edge.type == "publication relation"
    is_identity = edge.type == "sequence" and edge.kind == "i"
    return edge.type not in _BELONGS_TO_COLUMN and not is_identity


def whole_row(connection: Connection, removed: Reach, own: Reach) -> tuple[Use, ...]:
    """Return views and functions that read whole rows of a table that loses a column, as in `row_to_json(u)`."""
    numbers = {a.objid: number for number, found in removed.targets.items() for a in found if a.objsubid}
    if not numbers:
        return ()
    excused = removed.all | own.whole
    rows = connection.execute(query("gates.whole_row_readers"), {"tables": list(numbers)})
    return tuple(
        Use(numbers[row["relid"]], f"{row['type']} {row['identity']}", "reads the whole row with")
        for row in rows
        if Address(row["classid"], row["objid"], row["objsubid"]) not in excused
    )


def _uses(edges: Iterable[Edge], how: str) -> tuple[Use, ...]:
    return tuple(dict.fromkeys(Use(edge.number, edge.user, how) for edge in edges))
