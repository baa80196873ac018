"""What the FROM lists of a query offer to its expressions: under which name, and with which columns as far as known.

Used by `view_columns`, which decides whose column a name is. "Not known" (None) is an answer: who asks must not guess.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from migrator.names import TableName
from migrator.schema.model import Schema
from migrator.statements.parse import Node, pb

Names = frozenset[str] | None
"""Names of columns; None where they are not known."""

_LACKING_LEFT = (pb.JOIN_RIGHT, pb.JOIN_FULL)
_LACKING_RIGHT = (pb.JOIN_LEFT, pb.JOIN_FULL)


@dataclass(frozen=True, slots=True)
class Source:
    """One item of a FROM list, as expressions name it."""

    name: str
    columns: Names
    table: TableName | None = None
    """The relation, where it has no other name here."""
    is_target: bool = False
    """Whether it is the table whose columns are replaced."""
    has_new_names: bool = False
    """Whether its columns have other names here: `users u (a, b)`, or a join with an alias."""
    relation: TableName | None = None
    """The relation, whatever its name here."""
    may_lack_rows: bool = False
    """Whether an outer join puts NULL in place of its columns where it has no row."""


Level = tuple[Source, ...]
"""The sources of one SELECT; scopes are levels from the innermost outwards."""


def sources(items: Iterable[Node], schema: Schema, target: TableName, queries: Mapping[str, Names]) -> Iterator[Source]:
    """Yield the sources of FROM items; `queries` are the WITH queries that can be named here."""
    for item in items:
        match item.WhichOneof("node"):
            case "range_var":
                yield _relation(item.range_var, schema, target, queries)
            case "join_expr":
                join = item.join_expr
                within = tuple(_joined(join, schema, target, queries))
                if join.HasField("alias"):
                    is_target = any(source.is_target for source in within)
                    yield Source(join.alias.aliasname, None, is_target=is_target, has_new_names=True)
                else:
                    yield from within
                    if join.HasField("join_using_alias"):
                        yield Source(join.join_using_alias.aliasname, _words(join.using_clause))
            case "range_subselect":
                alias = item.range_subselect.alias
                yield Source(alias.aliasname, _aliased(alias, output_names(item.range_subselect.subquery.select_stmt)))
            case "range_table_sample":
                yield from sources((item.range_table_sample.relation,), schema, target, queries)
            case kind:
                alias = getattr(item, str(kind)).alias
                yield Source(alias.aliasname, None)


def _joined(join: pb.JoinExpr, schema: Schema, target: TableName, queries: Mapping[str, Names]) -> Iterator[Source]:
    for side, lacking in ((join.larg, _LACKING_LEFT), (join.rarg, _LACKING_RIGHT)):
        for source in sources((side,), schema, target, queries):
            yield replace(source, may_lack_rows=True) if join.jointype in lacking else source


def _relation(relation: pb.RangeVar, schema: Schema, target: TableName, queries: Mapping[str, Names]) -> Source:
    alias = relation.alias
    name = alias.aliasname or relation.relname
    if not relation.schemaname and relation.relname in queries:
        return Source(name, _aliased(alias, queries[relation.relname]))
    table = TableName(relation.schemaname, relation.relname)
    known = schema.table(table)
    columns = None if known is None or known.is_incomplete else frozenset(column.name for column in known.columns)
    unnamed = None if alias.aliasname else table
    return Source(name, _aliased(alias, columns), unnamed, table == target, bool(alias.colnames), table)


def _aliased(alias: pb.Alias, columns: Names) -> Names:
    """Return the columns under an alias; which of them a list of other names leaves is not looked at."""
    return None if alias.colnames else columns


def _words(nodes: Iterable[Node]) -> frozenset[str]:
    return frozenset(node.string.sval for node in nodes)


def output_names(select: pb.SelectStmt) -> Names:
    """Return the names of a query's columns; an expression without a name has none that could be meant."""
    while select.op != pb.SETOP_NONE:
        select = select.larg
    found = [(target.res_target.name, target.res_target.val) for target in select.target_list]
    if select.values_lists or any(_is_star(value) for _, value in found):
        return None
    return frozenset(word for name, value in found if (word := name or figured_name(value)))


def _is_star(value: Node) -> bool:
    fields = value.column_ref.fields
    return bool(fields) and fields[-1].WhichOneof("node") == "a_star"


def figured_name(value: Node) -> str:
    """Return the name that the server gives to a column without one; empty where none is made of a word in the text."""
    name = ""
    match value.WhichOneof("node"):
        case "column_ref":
            name = value.column_ref.fields[-1].string.sval
        case "func_call":
            name = value.func_call.funcname[-1].string.sval
        case "type_cast":
            name = figured_name(value.type_cast.arg) or value.type_cast.type_name.names[-1].string.sval
        case "collate_clause":
            name = figured_name(value.collate_clause.arg)
        case "a_indirection":
            words = [word for node in value.a_indirection.indirection if (word := node.string.sval)]
            name = words[-1] if words else figured_name(value.a_indirection.arg)
        case "case_expr":
            name = figured_name(value.case_expr.defresult) or "case"
        case "sub_link" if value.sub_link.sub_link_type == pb.EXPR_SUBLINK:
            target = value.sub_link.subselect.select_stmt.target_list[0].res_target
            name = target.name or figured_name(target.val)
        case _:
            pass
    return name
