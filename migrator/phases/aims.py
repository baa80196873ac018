"""What a statement wants the catalog to show afterwards, one aim per object: there, gone, NOT NULL, valid, attached.

Read from the statement's effects and tree; `probes` asks the catalog, `decide` compares the aims of one step.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.parse import Node, deparse, pb
from migrator.statements.statement import Statement

RELATIONS = frozenset({"table", "view", "materialized view", "sequence", "index", "foreign table"})
OTHERS = frozenset(
    {
        *("policy", "rule", "statistics", "collation", "conversion", "text search configuration"),
        *("text search dictionary", "text search parser", "text search template", "extension", "publication"),
        *("subscription", "event trigger", "access method", "foreign-data wrapper", "server", "language"),
        *("database", "tablespace", "enum value"),
    }
)
"""Kinds that one query looks for by name. Not operators, their classes, casts and transforms: their names say too
little of which one is meant; they are made and dropped in the transaction of their record."""
_PROBED = RELATIONS | OTHERS | {"column", "constraint", "trigger", "function", "type", "schema"}
_IN_CLUSTER = {
    "createdb_stmt": ("database", "dbname", True),
    "dropdb_stmt": ("database", "dbname", False),
    "create_table_space_stmt": ("tablespace", "tablespacename", True),
    "drop_table_space_stmt": ("tablespace", "tablespacename", False),
}
"""Statement -> kind, field of its name, whether it makes it: objects of the whole server, which effects do not name."""


class Wish(Enum):
    """How the object is to be, in words that end a sentence."""

    THERE = "is there"
    GONE = "is gone"
    NOT_NULL = "is NOT NULL"
    NULLABLE = "accepts NULL"
    VALID = "is valid"
    ATTACHED = "is attached"
    DETACHED = "is detached"


@dataclass(frozen=True, slots=True)
class Aim:
    """One object and how it is to be; `signature` says which function of that name is meant, as regprocedure text."""

    ref: ObjectRef
    wish: Wish
    signature: str = ""

    def __str__(self) -> str:
        """Return `column public.users.mail is there`."""
        return f"{self.ref} {self.wish.value}"


def aims_of(statement: Statement, effects: Effects) -> tuple[Aim, ...]:
    """Return the aims that the catalog can show."""
    gone = (*effects.removes, *(rename.source for rename in effects.renames))
    signatures = dict(_signatures(statement))
    objects = [*((ref, Wish.THERE) for ref in effects.creates), *((ref, Wish.GONE) for ref in gone)]
    found = [Aim(ref, wish, signatures.get(ref, "")) for ref, wish in objects if ref.kind in _PROBED]
    return (*found, *_table_facts(statement), *_in_cluster(statement))


def _in_cluster(statement: Statement) -> Iterator[Aim]:
    if statement.kind in _IN_CLUSTER:
        kind, field, is_made = _IN_CLUSTER[statement.kind]
        name = getattr(getattr(statement.node, statement.kind), field)
        yield Aim(ObjectRef(kind, "", name), Wish.THERE if is_made else Wish.GONE)


def touched_by(effects: Effects) -> frozenset[ObjectRef]:
    """Return every object that is made, removed or renamed, and the new names."""
    renames = (ObjectRef(r.source.kind, r.source.schema, r.new_name, r.source.table) for r in effects.renames)
    sources = (rename.source for rename in effects.renames)
    return frozenset((*effects.creates, *effects.removes, *sources, *renames))


def is_wholly_seen(statement: Statement) -> bool:
    """Whether the aims are all that the statement does: of several actions of an ALTER TABLE some may leave no trace.

    A statement of which only a part can be seen is not done because that part is.
    """
    if statement.kind != "alter_table_stmt":
        return True
    return all(_is_seen(item.alter_table_cmd) for item in statement.node.alter_table_stmt.cmds)


def _is_seen(command: pb.AlterTableCmd) -> bool:
    if command.subtype == pb.AT_AddConstraint:
        return bool(getattr(command, "def").constraint.conname)
    return command.subtype in {pb.AT_AddColumn, pb.AT_DropColumn, pb.AT_DropConstraint, *_FACTS}


_FACTS = {
    pb.AT_SetNotNull: ("column", Wish.NOT_NULL),
    pb.AT_DropNotNull: ("column", Wish.NULLABLE),
    pb.AT_ValidateConstraint: ("constraint", Wish.VALID),
    pb.AT_AttachPartition: ("table", Wish.ATTACHED),
    pb.AT_DetachPartition: ("table", Wish.DETACHED),
}


def _table_facts(statement: Statement) -> Iterator[Aim]:
    """Yield what ALTER TABLE changes without making or removing an object."""
    if statement.kind != "alter_table_stmt":
        return
    table = statement.node.alter_table_stmt.relation
    for item in statement.node.alter_table_stmt.cmds:
        command = item.alter_table_cmd
        kind, wish = _FACTS.get(command.subtype, ("", Wish.THERE))
        if kind == "table":
            part = getattr(command, "def").partition_cmd.name
            yield Aim(ObjectRef(kind, part.schemaname or "public", part.relname), wish)
        elif kind:
            yield Aim(ObjectRef(kind, table.schemaname or "public", command.name, table.relname), wish)


def _signatures(statement: Statement) -> Iterator[tuple[ObjectRef, str]]:
    """Yield the signature of each function that the statement names with its arguments: names may be overloaded."""
    match statement.kind:
        case "create_function_stmt":
            tree = statement.node.create_function_stmt
            yield _signature([n.string.sval for n in tree.funcname], _input_types(tree.parameters))
        case "drop_stmt" | "rename_stmt" | "alter_object_schema_stmt":
            tree = getattr(statement.node, statement.kind)
            for node in tree.objects if statement.kind == "drop_stmt" else [tree.object]:
                named = node.object_with_args
                if node.WhichOneof("node") == "object_with_args" and not named.args_unspecified:
                    types = _input_types(named.objfuncargs) if named.objfuncargs else list(named.objargs)
                    yield _signature([n.string.sval for n in named.objname], types)
        case _:
            return


def _input_types(parameters: Iterable[Node]) -> list[Node]:
    results = {pb.FUNC_PARAM_OUT, pb.FUNC_PARAM_TABLE}
    chosen = (node.function_parameter for node in parameters)
    return [Node(type_name=parameter.arg_type) for parameter in chosen if parameter.mode not in results]


def _signature(parts: list[str], types: list[Node]) -> tuple[ObjectRef, str]:
    schema, name = parts[-2:] if len(parts) > 1 else ("public", parts[0])
    named = pb.ObjectWithArgs(objname=[Node(string=pb.String(sval=part)) for part in (schema, name)], objargs=types)
    drop = pb.DropStmt(
        objects=[Node(object_with_args=named)], remove_type=pb.OBJECT_FUNCTION, behavior=pb.DROP_RESTRICT
    )
    return ObjectRef("function", schema, name), deparse(Node(drop_stmt=drop)).removeprefix("DROP FUNCTION ")
