"""Asks the catalog whether a statement has already done its work: the catalog decides, records only remember.

Used before a step (is there anything to do?), after it (did it really do it?) and by `resume` for statements that
cannot share a transaction with their record.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query
from migrator.phases.index_copy import definition_on_copy
from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.parse import pb
from migrator.statements.statement import Statement

_RELATIONS = {"table", "view", "materialized view", "sequence", "index", "foreign table"}
_QUERIES = {"column", "constraint", "trigger", "function", "type", "schema"}
_REPLACING = {"create_function_stmt", "view_stmt", "create_trig_stmt"}
_NOTHING: Row = {}


class Finding(Enum):
    """What the catalog shows of a statement's aim."""

    DONE = "done"
    ABSENT = "absent"
    BROKEN = "broken"
    """An index that a failed or killed build left invalid."""
    PARTIAL = "partial"
    """Some of the aims of one statement are there and some are not."""
    UNKNOWABLE = "unknowable"
    """Running it again is harmless (ANALYZE, CREATE OR REPLACE, a default), or nothing in the catalog would show it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A finding about one statement."""

    finding: Finding
    makes: bool
    """Whether the statement makes something new: then DONE before it ran means that somebody else made it."""
    detail: str = ""
    index: ObjectRef | None = None
    """The broken index."""
    builder_pid: int | None = None
    """The session that builds the broken index right now."""


def probe(connection: Connection, statement: Statement, effects: Effects) -> Probe:
    """Look at the catalog for the aims of one statement; reads only."""
    if is_repeatable(statement):
        return Probe(Finding.UNKNOWABLE, makes=False)
    made = [ref for ref in effects.creates if _is_known(ref)]
    gone = [ref for ref in (*effects.removes, *(r.source for r in effects.renames)) if _is_known(ref)]
    for ref in made:
        if ref.kind == "index" and (broken := _broken_index(connection, ref)):
            return broken
    found = [(_exists(connection, ref), str(ref)) for ref in made]
    found += [(not _exists(connection, ref), f"{ref} gone") for ref in gone]
    found += list(_column_facts(connection, statement))
    return _combine(found, makes=bool(made))


def is_repeatable(statement: Statement) -> bool:
    """Return whether the text itself accepts that its object exists: OR REPLACE, IF NOT EXISTS."""
    if statement.kind == "alter_table_stmt":
        return any(item.alter_table_cmd.missing_ok for item in statement.node.alter_table_stmt.cmds)
    tree = getattr(statement.node, statement.kind)
    if statement.kind in _REPLACING:
        return bool(tree.replace)
    return statement.kind in {"index_stmt", "create_stmt"} and bool(tree.if_not_exists)


def _combine(found: list[tuple[bool, str]], *, makes: bool) -> Probe:
    if not found:
        return Probe(Finding.UNKNOWABLE, makes=makes)
    done = [text for is_done, text in found if is_done]
    if len(done) == len(found):
        return Probe(Finding.DONE, makes, ", ".join(done))
    return Probe(Finding.PARTIAL, makes, ", ".join(done)) if done else Probe(Finding.ABSENT, makes)


def _is_known(ref: ObjectRef) -> bool:
    return ref.kind in _RELATIONS | _QUERIES


def _exists(connection: Connection, ref: ObjectRef) -> bool:
    name = "relation" if ref.kind in _RELATIONS else ref.kind
    row = connection.execute(query(f"probes.{name}"), _values(ref)).fetchone()
    return bool(row and row["found"])


def _values(ref: ObjectRef) -> dict[str, str]:
    return {"schema": ref.schema, "table": ref.table, "name": ref.name}


def _broken_index(connection: Connection, ref: ObjectRef) -> Probe | None:
    row = connection.execute(query("probes.index"), _values(ref)).fetchone()
    if row is None or row["valid"]:
        return None
    return Probe(Finding.BROKEN, makes=True, detail=f"{ref} is INVALID", index=ref, builder_pid=row["builder"])


def _column_facts(connection: Connection, statement: Statement) -> Iterator[tuple[bool, str]]:
    """Yield what ALTER TABLE changes without making or removing an object: NOT NULL and validity."""
    if statement.kind != "alter_table_stmt":
        return
    relation = statement.node.alter_table_stmt.relation
    for item in statement.node.alter_table_stmt.cmds:
        command = item.alter_table_cmd
        ref = ObjectRef("column", relation.schemaname or "public", command.name, relation.relname)
        if command.subtype in {pb.AT_SetNotNull, pb.AT_DropNotNull}:
            row = connection.execute(query("probes.not_null"), _values(ref)).fetchone() or _NOTHING
            is_set = command.subtype == pb.AT_SetNotNull
            done = bool(row.get("proven")) if is_set else not row.get("marked")
            yield done, f"{ref.name} {'is' if is_set else 'is not'} NOT NULL"
        elif command.subtype == pb.AT_ValidateConstraint:
            row = connection.execute(query("probes.validated"), _values(ref)).fetchone() or _NOTHING
            yield bool(row.get("valid")), f"constraint {ref.name} is valid"


def definition_equals(connection: Connection, statement: Statement, ref: ObjectRef) -> bool:
    """Return whether the existing index is the one that CREATE INDEX would make, by the server's own spelling.

    The server builds the statement's index on an empty temporary copy of the table, and the two definitions are
    compared without their names; nothing stays behind.
    """
    existing = connection.execute(query("probes.index"), _values(ref)).fetchone()
    if existing is None:
        return False
    return _body(existing["definition"]) == _body(definition_on_copy(connection, statement))


def _body(definition: str) -> str:
    head, _, body = definition.partition(" USING ")
    return f"{'UNIQUE' if ' UNIQUE ' in head else ''} {body}"
