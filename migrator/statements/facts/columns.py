"""ADD COLUMN and ALTER COLUMN … TYPE: what depends on the type, the default and the inline constraints."""

from collections.abc import Iterator

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Effects, Fact, TableLock, combined
from migrator.statements.facts.nodes import lock, part_ref, words
from migrator.statements.facts.volatility import is_volatile, nodes_of
from migrator.statements.parse import Node, pb

SERIALS = frozenset("serial serial2 serial4 serial8 bigserial smallserial".split())
"""Pseudo-types: an integer with a sequence, so a volatile default."""

BUILT_IN_TYPES = frozenset(
    """bigint bit bool boolean box bpchar bytea char character cidr circle date daterange datemultirange decimal
    float float4 float8 inet int int2 int4 int8 int4range int8range integer interval json jsonb jsonpath line lseg
    macaddr macaddr8 money name numeric numrange oid path pg_lsn point polygon real regclass smallint text time
    timestamp timestamptz timetz tsquery tsrange tstzrange tsvector uuid varbit varchar xid xid8 xml""".split()
)
"""Types that are no domains; any other name may be a domain, and one with constraints makes ADD COLUMN rewrite."""

EXTENSION_TYPES = frozenset(
    """citext hstore ltree lquery ltxtquery cube seg isbn issn geometry geography raster box2d box3d vector halfvec
    sparsevec semver""".split()
)
"""Types of well-known extensions, which are no domains either."""

_REWRITE = Effects(rewrite=Fact.YES, scan=Fact.YES)


def definition(cmd: pb.AlterTableCmd) -> Node:
    """Return the action's argument, whose name in the grammar is a Python keyword."""
    return getattr(cmd, "def")


def add_column(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    """ADD COLUMN: ACCESS EXCLUSIVE, instant unless something must be computed for or checked in each old row."""
    column = definition(cmd).column_def
    own = Effects(
        locks=(TableLock(table, LockLevel.ACCESS_EXCLUSIVE),), creates=(part_ref("column", column.colname, table),)
    )
    return combined((own, *_type_costs(column), *_constraint_costs(column, table)))


def constraints_of(column: pb.ColumnDef) -> dict[int, pb.Constraint]:
    """Return the column's inline constraints by kind; to the grammar, DEFAULT and GENERATED are constraints."""
    return {constraint.contype: constraint for constraint in own_constraints(column)}


def own_constraints(column: pb.ColumnDef) -> list[pb.Constraint]:
    """Return the column's inline constraints; what the grammar puts behind one (DEFERRABLE, NOT ENFORCED) is in it."""
    found: list[pb.Constraint] = []
    for node in column.constraints:
        attribute = _ATTRIBUTES.get(node.constraint.contype)
        if attribute is None or not found:
            found.append(node.constraint)
        else:
            changed = pb.Constraint()
            changed.CopyFrom(found[-1])
            setattr(changed, *attribute)
            found[-1] = changed
    return found


_ATTRIBUTES = {
    pb.CONSTR_ATTR_DEFERRABLE: ("deferrable", True),
    pb.CONSTR_ATTR_NOT_DEFERRABLE: ("deferrable", False),
    pb.CONSTR_ATTR_DEFERRED: ("initdeferred", True),
    pb.CONSTR_ATTR_IMMEDIATE: ("initdeferred", False),
    pb.CONSTR_ATTR_ENFORCED: ("is_enforced", True),
    pb.CONSTR_ATTR_NOT_ENFORCED: ("is_enforced", False),
}


def type_words(column: pb.ColumnDef) -> list[str]:
    """Return the type's name without `pg_catalog`."""
    return [word for word in words(column.type_name.names) if word != "pg_catalog"]


def is_serial(column: pb.ColumnDef) -> bool:
    """Return whether the column has one of the serial pseudo-types."""
    return words(column.type_name.names)[-1] in SERIALS and len(column.type_name.names) == 1


def is_built_in(column: pb.ColumnDef) -> bool:
    """Return whether the column's type is the server's or a known extension's, so that it is no domain."""
    name = type_words(column)
    return name[-1] in EXTENSION_TYPES or (len(name) == 1 and name[0] in BUILT_IN_TYPES)


def _type_costs(column: pb.ColumnDef) -> Iterator[Effects]:
    if is_serial(column):
        yield _REWRITE
    elif not is_built_in(column) and not column.type_name.array_bounds:
        yield _unknown_rewrite(f"whether type {'.'.join(type_words(column))} is a domain with constraints")


def _constraint_costs(column: pb.ColumnDef, table: TableName) -> Iterator[Effects]:
    found = constraints_of(column)
    for kind, constraint in found.items():
        if kind == pb.CONSTR_DEFAULT:
            yield _default_costs(constraint.raw_expr)
        elif kind == pb.CONSTR_IDENTITY or (kind == pb.CONSTR_GENERATED and constraint.generated_kind != "v"):
            yield _REWRITE
        elif kind == pb.CONSTR_CHECK:
            is_checked = constraint.is_enforced and not constraint.skip_validation
            yield Effects(scan=Fact.YES if is_checked else Fact.NO)
        elif kind in (pb.CONSTR_UNIQUE, pb.CONSTR_PRIMARY):
            yield Effects(scan=Fact.YES, index_build=True)
        elif kind == pb.CONSTR_FOREIGN:
            yield _foreign_key_costs(constraint, table, has_default=pb.CONSTR_DEFAULT in found)


def _default_costs(default: Node) -> Effects:
    if any(isinstance(part, pb.SubLink) for part in nodes_of(default)):
        return Effects(errors=("a DEFAULT cannot hold a subquery",))
    fact, missing = is_volatile(default)
    return Effects(rewrite=fact, scan=fact, missing=missing)


def _foreign_key_costs(constraint: pb.Constraint, table: TableName, *, has_default: bool) -> Effects:
    """Old rows hold NULL and need no look at the parent, unless a default fills them."""
    parent = lock(constraint.pktable, LockLevel.SHARE_ROW_EXCLUSIVE)
    if not has_default or not constraint.is_enforced:
        return Effects(locks=(parent,))
    return Effects(locks=(parent,), scan=Fact.YES, scans=(table, parent.table))


def alter_type(cmd: pb.AlterTableCmd, table: TableName) -> Effects:
    """ALTER COLUMN … TYPE: ACCESS EXCLUSIVE; widening is instant and most else rewrites, by the present type."""
    column = definition(cmd).column_def
    costs = _REWRITE if _computes(column.raw_default, cmd.name) else _present_type_unknown(cmd.name, table)
    return combined((Effects(locks=(TableLock(table, LockLevel.ACCESS_EXCLUSIVE),)), costs))


def _present_type_unknown(column: str, table: TableName) -> Effects:
    return _unknown_rewrite(f"the present type of column {table}.{column}, and its indexes and checks")


def _unknown_rewrite(missing: str) -> Effects:
    return Effects(rewrite=Fact.UNKNOWN, scan=Fact.UNKNOWN, missing=(missing,))


def _computes(using: Node, column: str) -> bool:
    """Whether USING is more than the column itself under casts; then every row is computed anew."""
    while using.WhichOneof("node") == "type_cast":
        using = using.type_cast.arg
    kind = using.WhichOneof("node")
    if kind is None:
        return False
    return kind != "column_ref" or words(using.column_ref.fields)[-1:] != [column]
