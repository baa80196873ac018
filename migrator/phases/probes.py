"""Asks the catalog whether a statement has already done its work: the catalog decides, records only remember.

Used before a step (is there anything to do?), after it (did it really do it?) and by `resume` for statements that
cannot share a transaction with their record.
"""

from dataclasses import dataclass
from enum import Enum

from migrator.pg.driver import Connection, Row, errors
from migrator.pg.queries import query
from migrator.phases.aims import RELATIONS, Aim, Wish, aims_of, is_wholly_seen
from migrator.phases.index_copy import definition_on_copy
from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.statement import Statement

_REPLACING = {"create_function_stmt", "view_stmt", "create_trig_stmt"}
_NOTHING: Row = {}


class Finding(Enum):
    """What the catalog shows of a statement's aims."""

    DONE = "done"
    ABSENT = "absent"
    BROKEN = "broken"
    """An index that a failed or killed build left invalid."""
    PARTIAL = "partial"
    """Some of the aims of one statement are met and some are not."""
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
    is_whole: bool = True
    """False: the statement also does something that leaves no trace in the catalog."""


def probe(connection: Connection, statement: Statement, effects: Effects) -> Probe:
    """Look at the catalog for the aims of one statement; reads only."""
    if is_repeatable(statement):
        return Probe(Finding.UNKNOWABLE, makes=False)
    aims = aims_of(statement, effects)
    makes = any(aim.wish is Wish.THERE for aim in aims)
    for aim in aims:
        if aim.ref.kind == "index" and aim.wish is Wish.THERE and (broken := _broken_index(connection, aim.ref)):
            return broken
    done = [aim for aim in aims if _is_met(connection, aim)]
    detail, is_whole = ", ".join(map(str, done)), is_wholly_seen(statement)
    if not aims:
        finding = Finding.UNKNOWABLE
    elif len(done) == len(aims):
        finding = Finding.DONE
    else:
        finding = Finding.PARTIAL if done else Finding.ABSENT
    return Probe(finding, makes, detail, is_whole=is_whole)


def is_repeatable(statement: Statement) -> bool:
    """Return whether the text itself accepts that its object exists: OR REPLACE, ADD COLUMN IF NOT EXISTS.

    Not CREATE INDEX IF NOT EXISTS, which "succeeds" on an invalid index as well.
    """
    if statement.kind == "alter_table_stmt":
        return any(item.alter_table_cmd.missing_ok for item in statement.node.alter_table_stmt.cmds)
    tree = getattr(statement.node, statement.kind)
    if statement.kind in _REPLACING:
        return bool(tree.replace)
    return statement.kind == "create_stmt" and bool(tree.if_not_exists)


def _is_met(connection: Connection, aim: Aim) -> bool:
    match aim.wish:
        case Wish.THERE:
            return _exists(connection, aim)
        case Wish.GONE:
            return not _exists(connection, aim)
        case Wish.NOT_NULL:
            return bool(_row(connection, "not_null", aim.ref).get("proven"))
        case Wish.NULLABLE:
            return not _row(connection, "not_null", aim.ref).get("marked")
        case Wish.VALID:
            return bool(_row(connection, "validated", aim.ref).get("valid"))
        case Wish.ATTACHED | Wish.DETACHED:
            return bool(_row(connection, "attached", aim.ref)["found"]) is (aim.wish is Wish.ATTACHED)


def _exists(connection: Connection, aim: Aim) -> bool:
    if aim.signature:
        return _function_exists(connection, aim.signature)
    name = "relation" if aim.ref.kind in RELATIONS else aim.ref.kind
    return bool(_row(connection, name, aim.ref)["found"])


def _function_exists(connection: Connection, signature: str) -> bool:
    """Ask inside a savepoint: before 16 a signature with an unknown type is an error and not a NULL."""
    try:
        with connection.transaction():
            row = connection.execute(query("probes.signature"), {"signature": signature}).fetchone()
    except (errors.UndefinedObject, errors.InvalidSchemaName):
        return False
    return bool(row and row["found"])


def _row(connection: Connection, name: str, ref: ObjectRef) -> Row:
    return connection.execute(query(f"probes.{name}"), _values(ref)).fetchone() or _NOTHING


def _values(ref: ObjectRef) -> dict[str, str]:
    return {"schema": ref.schema, "table": ref.table, "name": ref.name}


def _broken_index(connection: Connection, ref: ObjectRef) -> Probe | None:
    row = _row(connection, "index", ref)
    if not row or row["valid"]:
        return None
    return Probe(Finding.BROKEN, makes=True, detail=f"{ref} is INVALID", index=ref, builder_pid=row["builder"])


def definition_equals(connection: Connection, statement: Statement, ref: ObjectRef) -> bool:
    """Return whether the existing index is the one that CREATE INDEX would make, by the server's own spelling.

    The server builds the statement's index on an empty temporary copy of the table, and the two definitions are
    compared without their names; nothing stays behind.
    """
    existing = _row(connection, "index", ref)
    return bool(existing) and _body(existing["definition"]) == _body(definition_on_copy(connection, statement))


def _body(definition: str) -> str:
    head, _, body = definition.partition(" USING ")
    return f"{'UNIQUE' if ' UNIQUE ' in head else ''} {body}"
