"""The schema in memory, read from a live server; `migrator.schema.replay` builds the same model from files."""

from collections.abc import Iterable, Sequence

from migrator.names import TableName, literal, quote
from migrator.pg.catalog import CatalogRows, read_catalog
from migrator.pg.driver import Connection, Row
from migrator.schema.model import Column, Constraint, Dependent, Domain, Function, Grant, Index, Schema, Table, View
from migrator.schema.parts import Identity, ViewDress

_CONSTRAINT_KINDS = {
    "p": "primary key",
    "u": "unique",
    "c": "check",
    "f": "foreign key",
    "x": "exclusion",
    "n": "not null",
}
_STORAGES = {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}
_COMPRESSIONS = {"p": "pglz", "l": "lz4"}


def read_schema(connection: Connection, tables: Iterable[TableName] | None = None) -> Schema:
    """Read the named tables, and those that refer to them or share their inheritance; None reads all user tables.

    Raises:
        DatabaseFailed: the server refused, or went away.
    """
    rows = read_catalog(connection, tables)
    names = {row["oid"]: TableName(row["schema"], row["name"]) for row in rows.tables}
    dependents = [
        Dependent(row["kind"], row["name"], names[oid], row["column"], row["schema"])
        for oid, found in rows.dependents.items()
        for row in found
    ]
    found = {names[row["oid"]]: _table(row, rows) for row in rows.tables}
    return Schema(
        tables=found,
        dependents=tuple(dependents),
        is_complete=True,
        domains={domain.name: domain for domain in map(_domain, rows.types) if domain},
        enums={TableName(r["schema"], r["name"]): tuple(r["labels"]) for r in rows.types if not r["is_domain"]},
        views=_views(rows),
        functions={TableName(r["schema"], r["name"]): _function(r) for r in rows.functions},
    )


def _domain(row: Row) -> Domain | None:
    if not row["is_domain"]:
        return None
    return Domain(TableName(row["schema"], row["name"]), row["base"], row["is_not_null"], tuple(row["checks"]))


def _views(rows: CatalogRows) -> dict[TableName, View]:
    views: dict[TableName, View] = {}
    texts = {TableName(row["schema"], row["name"]): row for row in rows.view_texts}
    for row in rows.views:
        name = TableName(row["schema"], row["name"])
        before = views[name].reads if name in views else ()
        read = TableName(row["read_schema"], row["read_name"])
        found = texts.get(name)
        text, own, dress = (_definition(name, found), tuple(found["own"]), _dress(found)) if found else (None, (), None)
        views[name] = View(name, (*before, read), row["is_materialized"], text, own, dress)
    return views


def _dress(row: Row) -> ViewDress:
    states = dict(state.rsplit(" ", 1) for state in row["states"])
    return ViewDress(tuple(row["dress"]), tuple(row["held"]), states)


def _definition(name: TableName, row: Row) -> str:
    options = ", ".join(f"{key} = {literal(value)}" for key, value in (o.split("=", 1) for o in row["options"]))
    return f"CREATE VIEW {name}{f' WITH ({options})' if options else ''} AS {row['query']}"


def _function(row: Row) -> Function:
    return Function(TableName(row["schema"], row["name"]), row["is_volatile"], row["language"])


def _table(row: Row, rows: CatalogRows) -> Table:
    oid, name = row["oid"], TableName(row["schema"], row["name"])
    constraints = rows.constraints.get(oid, [])
    read = {r["constraint"]: r["columns"] for r in rows.indexes.get(oid, [])}
    unproven = {r["columns"][0] for r in constraints if r["type"] == "n" and not r["is_valid"]}
    return Table(
        name=name,
        columns=tuple(_column(r, rows.grants.get(oid, []), unproven) for r in rows.columns.get(oid, [])),
        indexes=tuple(_index(r, name) for r in rows.indexes.get(oid, [])),
        constraints=tuple(_constraint(r, read.get(r["name"], ())) for r in constraints),
        triggers=tuple(r["name"] for r in rows.triggers.get(oid, [])),
        is_partitioned=row["is_partitioned"],
        parent=_name(row["parent_schema"], row["parent_name"]),
        has_row_security=row["has_row_security"],
        partition_key=tuple(row["partition_key"]),
        is_partition=row["is_partition"],
        bound=_bound(row["bound"]),
        persistence=row["persistence"],
        access_method=row["access_method"],
        tablespace=row["tablespace"],
        owner=row["owner"],
        has_foreign_parts=row["has_foreign_parts"],
        grants=tuple(Grant(g["privilege"], g["grantee"], g["is_grantable"]) for g in row["grants"]),
        publications=tuple(row["publications"]),
        row_functions=tuple(row["row_functions"]),
        held_by=tuple(row["held_by"]),
    )


def _bound(text: str | None) -> str | None:
    return None if text is None else "DEFAULT" if text == "DEFAULT" else "FOR VALUES"


def _name(schema: str | None, name: str | None) -> TableName | None:
    return TableName(schema, name) if schema is not None and name is not None else None


def _column(row: Row, grants: Iterable[Row], unproven: set[str]) -> Column:
    return Column(
        name=row["name"],
        type=row["type"],
        is_not_null=row["is_not_null"] and row["name"] not in unproven,
        default=None if row["is_generated"] else row["default_text"],
        is_identity=row["is_identity"],
        identity=_identity(row),
        is_generated=row["is_generated"],
        is_virtual=row["is_virtual"],
        collation=row["collation"],
        sequence=None if row["is_identity"] else _name(row["sequence_schema"], row["sequence_name"]),
        has_type_default=row["has_type_default"],
        comment=row["comment"],
        grants=tuple(
            Grant(g["privilege"], g["grantee"], g["is_grantable"]) for g in grants if g["column"] == row["name"]
        ),
        settings=_settings(row),
    )


def _identity(row: Row) -> Identity | None:
    sequence = _name(row["identity_schema"], row["identity_name"])
    if not row["is_identity"] or sequence is None:
        return None
    grants = tuple(Grant(g["privilege"], g["grantee"], g["is_grantable"]) for g in row["identity_grants"])
    when = "ALWAYS" if row["identity_kind"] == "a" else "BY DEFAULT"
    return Identity(when, sequence, tuple(row["identity_options"]), row["identity_comment"], grants)


def _settings(row: Row) -> tuple[str, ...]:
    settings: list[str] = []
    if row["statistics_target"] >= 0:
        settings.append(f"SET STATISTICS {row['statistics_target']}")
    if row["has_storage"]:
        settings.append(f"SET STORAGE {_STORAGES[row['storage']]}")
    if row["compression"]:
        settings.append(f"SET COMPRESSION {_COMPRESSIONS[row['compression']]}")
    if row["options"]:
        pairs = (option.split("=", 1) for option in row["options"])
        settings.append("SET (" + ", ".join(f"{quote(key)} = {literal(value)}" for key, value in pairs) + ")")
    return tuple(settings)


def _index(row: Row, table: TableName) -> Index:
    attributes = tuple(row["attributes"])
    return Index(
        name=row["name"],
        table=table,
        keys=attributes[: row["key_count"]],
        definition=row["definition"],
        is_unique=row["is_unique"],
        is_primary=row["is_primary"],
        is_valid=row["is_valid"],
        predicate=row["predicate"],
        include=attributes[row["key_count"] :],
        method=row["method"],
        constraint=row["constraint"],
        columns=tuple(row["columns"]),
        is_replica_identity=row["is_replica_identity"],
        is_attached=row["is_attached"],
        comment=row["comment"],
        is_clustered=row["is_clustered"],
        statistics=tuple((key, target) for key, target in row["statistics"]),
    )


def _constraint(row: Row, read: Sequence[str]) -> Constraint:
    """Return a constraint; of an exclusion constraint the catalog lists no column that an expression or WHERE reads."""
    kind = _CONSTRAINT_KINDS[row["type"]]
    return Constraint(
        name=row["name"],
        kind=kind,
        columns=tuple(read if kind == "exclusion" else row["columns"]),
        definition=row["definition"],
        is_valid=row["is_valid"],
        references=_name(row["references_schema"], row["references_name"]),
        referenced_columns=tuple(row["referenced_columns"]),
        is_enforced=not row["definition"].endswith("NOT ENFORCED"),
        is_inherited=row["is_inherited"],
        comment=row["comment"],
    )
