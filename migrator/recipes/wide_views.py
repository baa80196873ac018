"""Views over keys that become bigint: the contract begins by making them again over the twins.

A view that shows no key, or shows it cast, is replaced in place. One whose columns become bigint themselves cannot be:
it is dropped and made anew with everything that it had, and with it each view over it, in a transaction that locks
views alone. The swap of the tables then only renames what the views read. Until it comes, the trigger lets an insert
through such a view give the twin.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrator.errors import RecipeRefused
from migrator.names import TableName
from migrator.recipes.carried_views import known_view, refused, replacing
from migrator.recipes.dependent_views import drop_view, way_with_materialized
from migrator.recipes.key_groups import group_by_columns
from migrator.recipes.phase_text import Step
from migrator.recipes.trials import trial_of
from migrator.recipes.view_columns import Unclear, ViewColumns, Wide
from migrator.recipes.view_states import unchanged
from migrator.schema.expressions import is_deparsed_well, parse_one, walk
from migrator.schema.model import Schema, Table, View
from migrator.schema.view_texts import relations_in
from migrator.statements.parse import Node, deparse, pb


@dataclass(frozen=True, slots=True)
class MadeView:
    """A view with the statement that makes it over the twins."""

    view: View
    node: Node
    reads: frozenset[TableName]
    """The tables of which it reads a key."""
    is_shown: bool
    """Whether the type of a column may follow from a key."""
    restored: Node | None = None
    """The statement that gives it its own text back after the swap, where that leans on the key or its name."""

    @property
    def name(self) -> TableName:
        """The view's name."""
        return self.view.name


@dataclass(frozen=True, slots=True)
class WideViews:
    """What is done for the views."""

    replaced: tuple[MadeView, ...] = ()
    remade: tuple[MadeView, ...] = ()
    """Each after those that it reads."""

    @property
    def written(self) -> frozenset[TableName]:
        """The tables of which a key may be written through a view before they are swapped."""
        return frozenset(table for made in self.remade for table in made.reads)

    def trials(self) -> Iterator[str]:
        """Yield statements that read each new definition, once the twins are there; they compute nothing."""
        known: dict[TableName, Node] = {}
        for made in (*self.replaced, *self.remade):
            query = Node.FromString(made.node.view_stmt.query.SerializeToString())
            _put_queries(query, known)
            known[made.name] = query
            yield trial_of(query)

    def steps(self) -> Iterator[Step]:
        """Yield the first steps of the contract."""
        yield from (replacing(made.node) for made in self.replaced)
        for group in _groups(self.remade):
            drops = (drop_view(made.view) for made in reversed(group))
            yield (*drops, *(text for made in group for text in _making(made)))

    def last_steps(self) -> Iterator[Step]:
        """Yield what follows the swap of the tables."""
        yield from (replacing(made.restored) for made in (*self.replaced, *self.remade) if made.restored)

    def checks(self) -> tuple[Step, ...]:
        """Return what verify.sql asks."""
        return unchanged((made.view for made in self.replaced), (made.view for made in self.remade))

    def notes(self) -> tuple[str, ...]:
        """Return what a reviewer of the contract must know."""
        notes: list[str] = []
        if self.replaced:
            notes.append(
                f"Before that {_named(self.replaced)} read the twins, with the same columns: ACCESS EXCLUSIVE on the"
                " view alone, for milliseconds."
            )
        if self.remade:
            notes.append(
                f"Before that {_named(self.remade)} are dropped and made again over the twins, because columns of"
                " theirs become bigint; ACCESS EXCLUSIVE on these views alone, for milliseconds. Owner, rights,"
                " comments, defaults and triggers are those of the day when this was rendered: verify.sql looks whether"
                " they still are."
            )
        return tuple(notes)


def wide_views(schema: Schema, wide: Wide) -> WideViews:
    """Return what is done for the views over the columns.

    Args:
        schema: all that is known.
        wide: table -> column -> the column that takes its place.

    Raises:
        RecipeRefused: a view cannot be carried along; says why and what to do.
    """
    first = [_made(schema, wide, view) for view in _readers(schema, wide)]
    above = _above(schema, (made.name for made in first if made.is_shown))
    remade = {made.name: made for made in first if made.name in above}
    for name in above:
        _check_remakable(schema.views[name], wide)
        remade.setdefault(name, _as_it_is(schema.views[name]))
    return WideViews(tuple(made for made in first if made.name not in above), tuple(_in_order(remade)))


def _readers(schema: Schema, wide: Wide) -> list[View]:
    """Return the views that read one of the columns, by name."""
    found = (d for table, columns in wide.items() for column in columns for d in schema.dependents_of(table, column))
    names = {d.name: d for d in found if d.kind == "view" and d.column}
    return sorted((known_view(schema, dependent) for dependent in names.values()), key=lambda view: view.name)


def _made(schema: Schema, wide: Wide, view: View) -> MadeView:
    node = parse_one(view.definition or "")
    statement = node.view_stmt
    if rules := [own for own in view.own if own.startswith("rule ")]:
        raise refused(view, _read(view, wide), f"has its own {', '.join(rules)}, which may work with the column")
    reads: set[TableName] = set()
    is_shown = leans = False
    for table in _left_first(schema, statement.query, wide):
        values = dict(wide[table.name])
        columns = ViewColumns(schema, table, values, values, merges=wide)
        try:
            columns.replace_in(statement.query.select_stmt)
            leans |= columns.is_merged | group_by_columns(statement.query, schema, {table.name: values})
        except Unclear as exc:
            raise refused(view, _read(view, wide), f"cannot be made again: {exc}") from exc
        reads |= {table.name} if columns.replaced else set()
        is_shown |= columns.is_shown
    if not reads or not is_deparsed_well(node):
        raise refused(view, _read(view, wide), "is not fully understood")
    statement.view.schemaname, statement.view.relname = view.name
    return MadeView(view, node, frozenset(reads), is_shown, parse_one(view.definition or "") if leans else None)


def _left_first(schema: Schema, query: Node, wide: Wide) -> list[Table]:
    """Return the tables in the order in which the query names them."""
    named = dict.fromkeys(TableName(part.schemaname, part.relname) for part in relations_in(query))
    tables = (schema.table(name) for name in named if name in wide)
    return [table for table in tables if table is not None]


def _as_it_is(view: View) -> MadeView:
    return MadeView(view, parse_one(view.definition or ""), frozenset(), is_shown=True)


def _above(schema: Schema, names: Iterable[TableName]) -> tuple[TableName, ...]:
    """Return the views, and all that read them: the server drops none that another reads."""
    found = dict.fromkeys(names)
    for name in list(found):
        for view in schema.views.values():
            if name in view.reads and view.name not in found:
                found |= dict.fromkeys((view.name, *_above(schema, (view.name,))))
    return tuple(found)


def _check_remakable(view: View, wide: Wide) -> None:
    """Refuse a view that cannot be dropped and made anew as it was."""
    if view.is_materialized:
        raise RecipeRefused(
            f"The materialized view {view.name} reads {_read(view, wide)}, which must be made anew with a bigint"
            " column.",
            way_with_materialized(view.name),
        )
    if view.definition is None or view.dress is None:
        raise refused(
            view, _read(view, wide), "must be made anew, with its owner and rights, which only the database knows"
        )
    rules = [own for own in view.own if own.startswith("rule ")]
    if view.dress.held or rules:
        words = ", ".join((*view.dress.held, *rules))
        raise refused(view, _read(view, wide), f"must be made anew with a bigint column, and these hang on it: {words}")


def _in_order(views: dict[TableName, MadeView]) -> list[MadeView]:
    """Return the views, each after those that it reads."""
    done: dict[TableName, MadeView] = {}

    def visit(made: MadeView) -> None:
        for name in made.view.reads:
            if name in views and name not in done:
                visit(views[name])
        done[made.name] = made

    for name in sorted(views):
        if name not in done:
            visit(views[name])
    return list(done.values())


def _groups(views: Iterable[MadeView]) -> list[list[MadeView]]:
    """Return those that read each other together: no transaction locks more views than it must."""
    groups: list[list[MadeView]] = []
    for made in views:
        mine = [group for group in groups if any(other.name in made.view.reads for other in group)]
        groups = [group for group in groups if group not in mine]
        groups.append([*(other for group in mine for other in group), made])
    return groups


def _making(made: MadeView) -> Iterator[str]:
    query = deparse(made.node.view_stmt.query)
    head, _, check = deparse(made.node).partition(f" AS {query}")
    yield f"{head} AS\n{query}{check}"
    yield from made.view.dress.statements if made.view.dress else ()


def _put_queries(query: Node, known: dict[TableName, Node]) -> None:
    """Put the new query of each view in the place where its name is read, in place."""
    for part in walk(query):
        if isinstance(part, pb.Node) and part.WhichOneof("node") == "range_var":
            relation = part.range_var
            found = known.get(TableName(relation.schemaname, relation.relname))
            if found is not None:
                alias = pb.Alias(aliasname=relation.relname)
                alias.MergeFrom(relation.alias)
                part.CopyFrom(Node(range_subselect=pb.RangeSubselect(subquery=found, alias=alias)))


def _named(views: Iterable[MadeView]) -> str:
    return ", ".join(str(made.name) for made in views)


def _read(view: View, wide: Wide) -> str:
    """Return in words what the view reads: the tables of the keys, or views over them."""
    return ", ".join(str(name) for name in view.reads if name in wide) or ", ".join(map(str, view.reads))
