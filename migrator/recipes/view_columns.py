"""Columns of one table replaced in the query of a view, each name resolved as the server resolves it.

A name is a column of the table only when the scopes say so: the same word may be a column of another table, the name
of an output column, an alias, or the row of a table. Where the text does not tell, `Unclear` says what: a view that
shows another column from the contract on would be worse than one that a person has to change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from google.protobuf.message import Message

from migrator.names import TableName
from migrator.recipes.query_sources import Level, Names, Source, figured_name, output_names, sources
from migrator.schema.expressions import children, parse_expression, walk
from migrator.schema.model import Schema, Table
from migrator.statements.parse import Node, pb

Scopes = tuple[Level, ...]
Queries = Mapping[str, Names]
Wide = Mapping[TableName, Mapping[str, str]]
_PARTS = 3
"""Of a name with its schema: `public.users.email`."""


_OF_ONE_TYPE = frozenset({"type_cast", "bool_expr", "null_test", "boolean_test"})
"""Expressions whose type does not follow from what is in them."""


class Unclear(Exception):
    """Why a name in the query cannot be replaced."""


@dataclass(slots=True)
class ViewColumns:
    """What is replaced: columns of the table -> an SQL expression over bare names of its columns."""

    schema: Schema
    table: Table
    values: Mapping[str, str]
    outer_values: Mapping[str, str]
    """The same where an outer join may have no row of the table: NULL then, whatever the expression makes of NULLs."""
    merges: Wide = field(default_factory=dict[TableName, Mapping[str, str]])
    """Table -> column -> the column that takes its place: those that JOIN … USING may go on merging."""
    replaced: set[str] = field(default_factory=set[str])
    """The columns that were found."""
    is_shown: bool = False
    """Whether the type of an output column may follow from one of them."""
    is_merged: bool = False
    """Whether a join merges one of them: the server keeps the name that USING has, whatever the columns' names."""

    def replace_in(self, query: pb.SelectStmt) -> None:
        """Replace the columns in the query, in place; its own columns keep their names.

        Raises:
            Unclear: it cannot be said for sure what a name in it means.
        """
        self._select(query, (), {})

    def _select(self, select: pb.SelectStmt, outer: Scopes, queries: Queries) -> None:
        queries = self._with(select, outer, queries)
        if select.op != pb.SETOP_NONE:
            self._select(select.larg, outer, queries)
            self._select(select.rarg, outer, queries)
            self._each((select.limit_offset, select.limit_count), outer, queries)
            return
        scopes = (tuple(sources(select.from_clause, self.schema, self.table.name, queries)), *outer)
        if any(source.is_target and source.has_new_names for source in scopes[0]):
            raise Unclear(f"it gives other names to the columns of {self.table.name}")
        outputs = output_names(select)
        for item in select.from_clause:
            self._from(item, scopes, queries)
        for target in select.target_list:
            self._target(target.res_target, scopes, queries)
        self._each((*select.group_clause, *select.window_clause), scopes, queries)
        self._shown(select.values_lists, scopes, queries)
        self._each((select.where_clause, select.having_clause), scopes, queries)
        self._each((select.limit_offset, select.limit_count), scopes, queries)
        for node in select.distinct_clause:
            self._output_or_column(node, outputs, scopes, queries)
        for node in select.sort_clause:
            self._output_or_column(node.sort_by.node, outputs, scopes, queries)

    def _with(self, select: pb.SelectStmt, outer: Scopes, queries: Queries) -> Queries:
        """Look through the WITH queries and return all that the SELECT can name."""
        found = dict(queries)
        every = [node.common_table_expr for node in select.with_clause.ctes]
        if select.with_clause.recursive:
            found |= {cte.ctename: _columns_of(cte) for cte in every}
        for cte in every:
            columns = _columns_of(cte)
            self._walk(cte.ctequery, outer, found)
            found[cte.ctename] = columns
        return found

    def _from(self, item: Node, scopes: Scopes, queries: Queries) -> None:
        match item.WhichOneof("node"):
            case "range_var":
                return
            case "join_expr":
                self._join(item.join_expr, scopes, queries)
            case "range_subselect":
                seen = scopes if item.range_subselect.lateral else scopes[1:]
                self._walk(item.range_subselect.subquery, seen, queries)
            case "range_table_sample":
                self._from(item.range_table_sample.relation, scopes, queries)
                self._each(item.range_table_sample.args, scopes, queries)
                self._each((item.range_table_sample.repeatable,), scopes, queries)
            case _:
                self._shown(children(item), scopes, queries)

    def _join(self, join: pb.JoinExpr, scopes: Scopes, queries: Queries) -> None:
        within = tuple(sources((join.larg, join.rarg), self.schema, self.table.name, queries))
        if any(source.is_target for source in within):
            if join.is_natural:
                raise Unclear(f"it joins {self.table.name} by NATURAL JOIN")
            self._using(join, within)
        self._from(join.larg, scopes, queries)
        self._from(join.rarg, scopes, queries)
        self._walk(join.quals, scopes, queries)

    def _using(self, join: pb.JoinExpr, within: tuple[Source, ...]) -> None:
        """Let a join go on merging, where all columns of the name are replaced by columns of one name.

        A bare name means the left side's: with LEFT JOIN it has a row, so that the left tables must come first.
        """
        for node in join.using_clause:
            name = node.string.sval
            if name in self.values:
                found = [source for source in within if source.columns is None or name in source.columns]
                twins = {self.merges.get(s.relation, {}).get(name) if s.relation else None for s in found}
                twin = twins.pop()
                is_plain = join.jointype in (pb.JOIN_INNER, pb.JOIN_LEFT) and not join.HasField("join_using_alias")
                if twins or twin is None or not is_plain:
                    raise Unclear(f"it joins {self.table.name} USING ({name})")
                node.string.sval, self.is_merged = twin, True

    def _shown(self, messages: Iterable[Message], scopes: Scopes, queries: Queries) -> None:
        """Replace in what gives a query its columns."""
        for message in messages:
            before = message.SerializeToString()
            self._walk(message, scopes, queries)
            self.is_shown |= message.SerializeToString() != before

    def _target(self, target: pb.ResTarget, scopes: Scopes, queries: Queries) -> None:
        """Replace in one output column; it keeps the name that it had from the column."""
        name = target.name or figured_name(target.val)
        before = target.val.SerializeToString()
        self._walk(target.val, scopes, queries)
        if target.val.SerializeToString() != before:
            target.name = target.name or name
            kind, call = str(target.val.WhichOneof("node")), target.val.func_call.funcname
            is_counted = len(call) > 0 and call[-1].string.sval == "count"
            self.is_shown |= kind not in _OF_ONE_TYPE and not is_counted

    def _output_or_column(self, node: Node, outputs: Names, scopes: Scopes, queries: Queries) -> None:
        """In ORDER BY and DISTINCT ON a word alone is an output column first, and those keep their names."""
        fields = node.column_ref.fields
        if len(fields) == 1 and fields[0].string.sval in self.values:
            if outputs is None:
                raise Unclear(f"it sorts by {fields[0].string.sval} beside a *, which may contain it")
            if fields[0].string.sval in outputs:
                return
        self._walk(node, scopes, queries)

    def _each(self, messages: Iterable[Message], scopes: Scopes, queries: Queries) -> None:
        for message in messages:
            self._walk(message, scopes, queries)

    def _walk(self, message: Message, scopes: Scopes, queries: Queries) -> None:
        if isinstance(message, pb.SelectStmt):
            self._select(message, scopes, queries)
        elif isinstance(message, pb.Node) and message.WhichOneof("node") == "column_ref":
            self._column(message, scopes)
        else:
            self._each(children(message), scopes, queries)

    # Names

    def _column(self, node: Node, scopes: Scopes) -> None:
        fields = node.column_ref.fields
        words = [part.string.sval for part in fields]
        if fields[-1].WhichOneof("node") == "a_star":
            self._star(words[:-1], scopes)
        elif len(words) == 1:
            self._bare(node, words[0], scopes)
        else:
            self._qualified(node, words, scopes)

    def _star(self, qualifier: list[str], scopes: Scopes) -> None:
        found = [source for source in (scopes or ((),))[0] if source.is_target]
        if qualifier:
            source = self._source(qualifier, scopes)
            found = [source] if source and source.is_target else []
        if found:
            raise Unclear(f"it reads whole rows of {self.table.name} (*)")

    def _qualified(self, node: Node, words: list[str], scopes: Scopes) -> None:
        *qualifier, name = words
        if name not in self.values:
            return
        source = self._source(qualifier, scopes)
        if source is None:
            raise Unclear(f"it is not clear what {'.'.join(words)} is")
        if source.is_target:
            self._put(node, name, source, node.column_ref.fields[:-1])

    def _source(self, qualifier: list[str], scopes: Scopes) -> Source | None:
        """Return the nearest source of that name; one with its schema is a relation without another name."""
        for level in scopes:
            for source in level:
                if len(qualifier) == 1 and source.name == qualifier[0]:
                    return source
                if len(qualifier) == _PARTS - 1 and source.table is not None and tuple(qualifier) == source.table:
                    return source
        return None

    def _bare(self, node: Node, name: str, scopes: Scopes) -> None:
        for number, level in enumerate(scopes):
            targets = [source for source in level if source.is_target]
            if targets and self.table.column(name) is not None:
                if name in self.values:
                    self._put_named(node, name, targets, scopes[:number])
                return
            if any(source.columns is not None and name in source.columns for source in level):
                return
            if any(source.name == name for source in targets):
                raise Unclear(f"it reads whole rows of {self.table.name} ({name})")
            if name in self.values and any(source.columns is None for source in level):
                raise Unclear(f"it is not clear whose column {name} is")

    def _put_named(self, node: Node, name: str, targets: list[Source], inner: Scopes) -> None:
        """Put the expression in place of a bare name, with the table's name: its own words may mean others' columns."""
        if len(targets) > 1 or any(source.name == targets[0].name for level in inner for source in level):
            raise Unclear(f"it is not clear whose column {name} is")
        self._put(node, name, targets[0], [Node(string=pb.String(sval=targets[0].name))])

    def _put(self, node: Node, name: str, source: Source, qualifier: Iterable[Node]) -> None:
        front = [Node.FromString(part.SerializeToString()) for part in qualifier]
        values = self.outer_values if source.may_lack_rows else self.values
        if name not in values:
            raise Unclear(f"an outer join may have no row of {self.table.name}, and no NOT NULL column of it tells so")
        tree = parse_expression(values[name])
        for part in walk(tree):
            if isinstance(part, pb.ColumnRef):
                word = part.fields[-1].string.sval
                del part.fields[:]
                part.fields.extend((*front, Node(string=pb.String(sval=word))))
        node.CopyFrom(tree)
        self.replaced.add(name)


def _columns_of(cte: pb.CommonTableExpr) -> Names:
    words = frozenset(node.string.sval for node in cte.aliascolnames)
    return words or output_names(cte.ctequery.select_stmt)
