"""IF EXISTS of a table that is not there: nothing is locked and nothing happens. Only a complete schema can tell."""

from migrator.names import TableName
from migrator.schema.model import Schema
from migrator.statements.facts.nodes import list_name, table_name
from migrator.statements.parse import Node, pb


def is_absent(node: Node, schema: Schema) -> bool:
    """Return whether the statement is about tables that surely do not exist, and says that this is no error."""
    if not schema.is_complete:
        return False
    if node.HasField("alter_table_stmt"):
        statement = node.alter_table_stmt
        is_lenient = statement.missing_ok and statement.objtype == pb.OBJECT_TABLE
        return is_lenient and not _is_there(table_name(statement.relation), schema)
    if node.HasField("drop_stmt"):
        statement = node.drop_stmt
        is_lenient = statement.missing_ok and statement.remove_type == pb.OBJECT_TABLE
        return is_lenient and not any(_is_there(list_name(item), schema) for item in statement.objects)
    return False


def _is_there(name: TableName, schema: Schema) -> bool:
    return schema.table(name) is not None or name in schema.views
