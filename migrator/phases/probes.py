"""Asks the catalog whether a statement has already done its work: the catalog decides, records only remember.

Used before a step (is there anything to do?), after it (did it really do it?) and by `resume` for statements that
cannot share a transaction with their record.
"""

from dataclasses import dataclass
from enum import Enum

from migrator.errors import ManifestError
from migrator.pg.driver import Connection, Row, errors
from migrator.pg.failures import translated
from migrator.pg.queries import query
from migrator.phases.aims import OTHERS, RELATIONS, Aim, Wish, aims_of, is_wholly_seen
from migrator.phases.index_copy import definition_on_copy
from migrator.phases.steps import Step
from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.statement import Statement

_ACCEPTING = ("replace", "if_not_exists", "skip_if_new_val_exists")
"""Fields of the grammar by which a statement accepts that its object exists."""
_NOTHING: Row = {}


class Finding(Enum):
    """What the catalog shows of a statement's aims."""

    DONE = "done"
    ABSENT = "absent"
    BROKEN = "broken"
    """An index that a failed or killed build left invalid."""
    PENDING = "pending"
    """A DETACH PARTITION CONCURRENTLY that was interrupted half-way: FINALIZE finishes it."""
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
    subject: ObjectRef | None = None
    """The broken index, or the pending partition."""
    builder_pid: int | None = None
    """The session that builds the broken index right now."""
    parent: str = ""
    """Of a pending partition: the table that it is still attached to, as SQL."""
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
        if aim.wish is Wish.DETACHED and (row := _row(connection, "attached", aim.ref)).get("pending"):
            detail = f"the detach of {aim.ref} is pending"
            return Probe(Finding.PENDING, makes=False, detail=detail, subject=aim.ref, parent=row["parent"])
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
    return statement.kind != "index_stmt" and any(getattr(tree, field, False) for field in _ACCEPTING)


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
            return bool(_row(connection, "attached", aim.ref)) is (aim.wish is Wish.ATTACHED)


def _exists(connection: Connection, aim: Aim) -> bool:
    if aim.signature:
        return _function_exists(connection, aim.signature)
    if aim.ref.kind in OTHERS:
        return bool(_row(connection, "object", aim.ref)["found"])
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
    return {"kind": ref.kind, "schema": ref.schema, "table": ref.table, "name": ref.name}


def _broken_index(connection: Connection, ref: ObjectRef) -> Probe | None:
    row = _row(connection, "index", ref)
    if not row or row["valid"]:
        return None
    return Probe(Finding.BROKEN, makes=True, detail=f"{ref} is INVALID", subject=ref, builder_pid=row["builder"])


def declared_probe(connection: Connection, step: Step) -> bool | None:
    """Return the answer of the probe that the file declares for the step; NULL is None, nobody can tell.

    Raises:
        ManifestError: it returned something other than one boolean.
        DatabaseFailed: the server refused it.
    """
    text = step.directive.probe or ""
    with translated(f"The probe of step {step.number} of {step.phase}"), connection.transaction():
        cursor = connection.execute(text.encode())
        rows, columns = cursor.fetchmany(2), len(cursor.description or ())
    values = [value for row in rows for value in row.values()]
    if columns != 1 or len(rows) != 1 or not (values[0] is None or isinstance(values[0], bool)):
        raise ManifestError(
            f"The probe of step {step.number} of {step.phase} did not return one boolean: {text}.",
            "Write a SELECT of one row and one column: true when the step is done.",
        )
    return values[0]


def reindex_leftovers(connection: Connection, statement: Statement) -> tuple[ObjectRef, ...]:
    """Return the invalid copies that an interrupted REINDEX CONCURRENTLY of this statement left."""
    tree = statement.node.reindex_stmt
    named = tree.HasField("relation")
    schema = (tree.relation.schemaname or "public") if named else (tree.name or "public")
    values = {"schema": schema, "name": tree.relation.relname if named else None}
    rows = connection.execute(query("probes.reindex_leftovers"), values)
    return tuple(ObjectRef("index", row["schema"], row["name"]) for row in rows)


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
