"""Sequences in the replay: which column owns one, and how a column is an identity.

Dumps and migrations by other tools make the sequence of a serial column by hand: CREATE SEQUENCE, ALTER SEQUENCE …
OWNED BY, ALTER COLUMN … SET DEFAULT nextval(…). Who owns it decides what goes with the column.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from migrator.names import TableName, literal
from migrator.schema.draft import Draft
from migrator.schema.naming import choose_name
from migrator.schema.parts import Column, Identity
from migrator.statements.parse import Node, pb

_WORDS = {
    "start": "START WITH",
    "increment": "INCREMENT BY",
    "minvalue": "MINVALUE",
    "maxvalue": "MAXVALUE",
    "cache": "CACHE",
}
_USUAL = {
    "increment": {"1"},
    "minvalue": {"1"},
    "maxvalue": {str(2**15 - 1), str(2**31 - 1), str(2**63 - 1)},
    "cache": {"1"},
}
"""What a sequence has anyway, whatever its type; the catalog query leaves out the same."""


def own_sequence(draft: Draft, sequence: TableName, options: Iterable[Node]) -> None:
    """Take note of OWNED BY in CREATE SEQUENCE and ALTER SEQUENCE."""
    for option in options:
        if option.def_elem.defname == "owned_by":
            parts = [part.string.sval for part in option.def_elem.arg.list.items]
            if len(parts) > 1:
                _give(draft, sequence, draft.name_of_parts(parts[:-1]), parts[-1])
            else:  # OWNED BY NONE
                _free(draft, sequence)


def _give(draft: Draft, sequence: TableName, owner: TableName, column: str) -> None:
    table = draft.table(owner)
    for known in table.columns if table is not None else ():
        if known.name == column and not known.is_identity:
            draft.change_column(owner, column, sequence=sequence)
        elif known.sequence == sequence:
            draft.change_column(owner, known.name, sequence=None)


def _free(draft: Draft, sequence: TableName) -> None:
    for table in draft.tables():
        for column in table.columns:
            if column.sequence == sequence:
                draft.change_column(table.name, column.name, sequence=None)


def rename_sequence(draft: Draft, old: TableName, new: TableName) -> None:
    """Follow ALTER SEQUENCE … RENAME TO: the column that owns it and its default know the new name."""
    for table in draft.tables():
        for column in table.columns:
            if old in (column.sequence, column.identity.sequence if column.identity else None):
                draft.change_column(table.name, column.name, **_renamed(column, old, new))


def _renamed(column: Column, old: TableName, new: TableName) -> Mapping[str, object]:
    if column.identity is not None:
        return {"identity": replace(column.identity, sequence=new)}
    default = next_value(new) if column.default == next_value(old) else column.default
    return {"sequence": new, "default": default}


def next_value(sequence: TableName) -> str:
    """Return the default of a serial column."""
    return f"nextval({literal(str(sequence))}::regclass)"


def identity_from(table: TableName, column: str, constraints: Iterable[Node]) -> Identity | None:
    """Return how a column is an identity, with the name that the server gives to its sequence, or that it is given."""
    found = next((n.constraint for n in constraints if n.constraint.contype == pb.CONSTR_IDENTITY), None)
    if found is None:
        return None
    given = {node.def_elem.defname: node.def_elem.arg for node in found.options}
    values = {key: _number(given[key]) for key in _WORDS if key in given and given[key].WhichOneof("node")}
    options = [f"{_WORDS[key]} {value}" for key, value in values.items() if value not in _usual(key, values)]
    when = "ALWAYS" if found.generated_when == "a" else "BY DEFAULT"
    is_cycle = "cycle" in given and given["cycle"].boolean.boolval
    return Identity(when, _named(table, column, given), tuple(options) + ("CYCLE",) * is_cycle)


def _usual(key: str, values: Mapping[str, str]) -> Collection[str]:
    """Return the values of an option that say nothing: a sequence starts at its lowest number."""
    return (values.get("minvalue", "1"),) if key == "start" else _USUAL[key]


def _named(table: TableName, column: str, given: Mapping[str, Node]) -> TableName:
    parts = [part.string.sval for part in given["sequence_name"].list.items] if "sequence_name" in given else []
    name = parts[-1] if parts else choose_name(table.name, column, "seq", lambda _name: False)
    return TableName(parts[-2] if len(parts) > 1 else table.schema, name)


def _number(node: Node) -> str:
    """Return a number of the grammar, which gives those beyond 32 bits as text."""
    return node.float.fval or str(node.integer.ival)
