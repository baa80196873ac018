"""Names without a schema, after a file has set `search_path`: each is written out before facts and rules see it."""

from dataclasses import replace

from migrator.names import TableName
from migrator.schema.model import Schema
from migrator.statements.facts.drops import PARTS, RELATIONS
from migrator.statements.facts.volatility import nodes_of
from migrator.statements.parse import Node, pb
from migrator.statements.statement import Statement

_USUAL = ("public",)


def resolved(statement: Statement, schema: Schema) -> Statement:
    """Return the statement with every relation's schema in its tree; the same object where `public` is meant."""
    if schema.search_path == _USUAL:
        return statement
    node = Node()
    node.CopyFrom(statement.node)
    every = list(nodes_of(node))
    own = {part.ctename for part in every if isinstance(part, pb.CommonTableExpr)}
    for part in every:
        if isinstance(part, pb.RangeVar) and not part.schemaname and part.relname and part.relname not in own:
            part.schemaname = found(part.relname, schema).schema
    if statement.kind == "drop_stmt":
        _resolve_drop(node.drop_stmt, schema)
    return replace(statement, tree=node)


def found(name: str, schema: Schema) -> TableName:
    """Return the relation that the search path finds; where none is known, the first schema's, in which it is made."""
    candidates = [TableName(each, name) for each in schema.search_path]
    known = (c for c in candidates if c in schema.tables or c in schema.views or schema.index(c) is not None)
    return next(known, candidates[0])


def _resolve_drop(statement: pb.DropStmt, schema: Schema) -> None:
    """Names in DROP are lists: of the relation, or of the relation and its part."""
    length = 1 if statement.remove_type in RELATIONS else 2 if statement.remove_type in PARTS else 0
    for item in statement.objects:
        words = [node.string.sval for node in item.list.items]
        if length and len(words) == length:
            qualified = [found(words[0], schema).schema, *words]
            del item.list.items[:]
            item.list.items.extend(Node(string=pb.String(sval=word)) for word in qualified)
