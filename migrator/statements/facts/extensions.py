"""What stands beside tables (languages, servers, casts, extensions), and what runs code that the text does not show."""

from migrator.locks import LockLevel
from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.facts.nodes import Asked, list_name, only_lock, parts_of
from migrator.statements.parse import pb

_NAMES = {
    "create_fdw_stmt": ("foreign-data wrapper", "fdwname"),
    "create_foreign_server_stmt": ("server", "servername"),
    "create_am_stmt": ("access method", "amname"),
    "create_plang_stmt": ("language", "plname"),
    "create_event_trig_stmt": ("event trigger", "trigname"),
}


def create_global(asked: Asked) -> Effects:
    """A new object that stands in no table: no table lock."""
    kind = asked.node.WhichOneof("node") or ""
    if kind not in _NAMES:
        return Effects()
    words, field = _NAMES[kind]
    return Effects(creates=(ObjectRef(words, "", getattr(getattr(asked.node, kind), field)),))


def depends(asked: Asked) -> Effects:
    """ALTER … DEPENDS ON EXTENSION: a trigger's table or a materialized view is only looked at."""
    statement = asked.node.alter_object_depends_stmt
    if statement.HasField("relation"):
        return only_lock(statement.relation, LockLevel.ACCESS_SHARE)
    return Effects()


def alter_database(asked: Asked) -> Effects:
    """ALTER DATABASE: SET TABLESPACE moves every file, outside transactions, with nobody connected."""
    options = {node.def_elem.defname for node in asked.node.alter_database_stmt.options}
    return Effects(is_transactional="tablespace" not in options)


def import_schema(asked: Asked) -> Effects:
    """IMPORT FOREIGN SCHEMA makes new foreign tables only."""
    statement = asked.node.import_foreign_schema_stmt
    return Effects(missing=(f"the foreign tables that are made in schema {statement.local_schema}",))


def update_extension(asked: Asked) -> Effects:
    """ALTER EXTENSION … UPDATE runs the extension's own script, which may do anything."""
    name = asked.node.alter_extension_stmt.extname
    return Effects(is_opaque=True, missing=(f"what the update script of extension {name} does",))


def alter_contents(asked: Asked) -> Effects:
    """ALTER EXTENSION … ADD or DROP: SHARE UPDATE EXCLUSIVE on a relation, no table lock for other kinds."""
    statement = asked.node.alter_extension_contents_stmt
    if statement.objtype not in (pb.OBJECT_TABLE, pb.OBJECT_VIEW, pb.OBJECT_MATVIEW, pb.OBJECT_SEQUENCE):
        return Effects()
    name = list_name(statement.object)
    relation = pb.RangeVar(schemaname=name.schema, relname=parts_of(statement.object)[-1])
    return only_lock(relation, LockLevel.SHARE_UPDATE_EXCLUSIVE)


def runs_code(asked: Asked) -> Effects:
    """DO, CALL, EXECUTE: whatever the code does; lint reads the body of a DO block itself."""
    match asked.node.WhichOneof("node"):
        case "call_stmt":
            name = ".".join(n.string.sval for n in asked.node.call_stmt.funccall.funcname)
            return Effects(is_opaque=True, missing=(f"what procedure {name}() does",))
        case "execute_stmt":
            return Effects(
                is_opaque=True, missing=(f"what the statement prepared as {asked.node.execute_stmt.name} does",)
            )
        case _:
            return Effects(is_opaque=True, missing=("what the code of the DO block does",))


def everything_of_a_role(_asked: Asked) -> Effects:
    """DROP OWNED, REASSIGN OWNED: ACCESS EXCLUSIVE on every table of the role."""
    words = "the tables that the role owns (ACCESS EXCLUSIVE on each)"
    return Effects(is_opaque=True, missing=(words,))


def move_all(asked: Asked) -> Effects:
    """ALTER TABLE ALL IN TABLESPACE: ACCESS EXCLUSIVE and a copy of every table there."""
    name = asked.node.alter_table_move_all_stmt.orig_tablespacename
    return Effects(is_opaque=True, missing=(f"the tables in tablespace {name} (ACCESS EXCLUSIVE and a copy of each)",))
