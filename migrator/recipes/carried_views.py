"""Views over a column whose place another takes: they read the old one until the contract makes them again.

Until then the trigger keeps the old column right, so that a view needs nothing. `CREATE OR REPLACE VIEW` with the same
output columns locks the view alone, for a moment, and keeps its owner, its rights, its defaults and the views over it;
only its options must be said again. What the new definition would make different is refused with the reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from migrator.errors import RecipeRefused
from migrator.names import literal, quote
from migrator.recipes.dependent_views import is_named
from migrator.recipes.phase_text import Step
from migrator.recipes.sync_trigger import SyncTrigger
from migrator.recipes.trials import trial_of
from migrator.recipes.view_columns import Unclear, ViewColumns
from migrator.recipes.view_states import unchanged
from migrator.schema.expressions import is_deparsed_well, parse_one
from migrator.schema.model import Column, Dependent, Schema, Table, View
from migrator.statements.parse import Node, deparse, pb


@dataclass(frozen=True, slots=True)
class CarriedViews:
    """What is done for the views."""

    names: tuple[str, ...]
    steps: tuple[str, ...]
    """The first statements of the contract."""
    trials: tuple[str, ...]
    """Statements that try each new definition when the columns are there, without a lock on the table."""
    is_computed: bool = False
    """Whether they show values that are computed from the new columns."""
    checks: tuple[Step, ...] = ()
    """For verify.sql: whether each view is still what it was."""

    def notes(self, new: str) -> tuple[str, ...]:
        """Return what a reviewer of the contract must know."""
        if not self.names:
            return ()
        several = len(self.names) > 1
        made = (
            f"Before that {', '.join(self.names)} {'are' if several else 'is'} made again over {new}, with the same"
            " columns: ACCESS EXCLUSIVE on the view alone, for milliseconds; owner, rights and views over it stay."
            " Whoever changes a view before this runs must change it here as well"
            f"{': verify.sql looks for that first.' if self.checks else '.'}"
        )
        computed = (
            "It computes the old value from the new one: a value that the old type cannot hold is cut, or makes a query"
            " of the view fail. Give the readers a view of the new column in time."
        )
        return (made, computed) if self.is_computed else (made,)


@dataclass(frozen=True, slots=True)
class Values:
    """What takes the place of each old column, as SQL over bare names."""

    texts: Mapping[str, str]
    outer: Mapping[str, str]
    """The same where an outer join may have no row: an expression need not be NULL there, and the old column was."""
    plain: frozenset[str]
    """Those that are a column and nothing else."""


NO_VIEWS = CarriedViews((), (), ())


def without_views(schema: Schema, table: Table, columns: Iterable[str]) -> Schema:
    """Return the schema in which no view is in the way of the columns: `carry_views` asks about those."""
    names = _names(schema, table, columns)
    kept = tuple(d for d in schema.dependents if not (d.kind == "view" and d.name in names))
    return replace(schema, dependents=kept) if names else schema


def carry_views(schema: Schema, table: Table, sync: SyncTrigger, only_read: Iterable[str] = ()) -> CarriedViews:
    """Return what is done for the views over the old columns.

    Args:
        schema: all that is known.
        table: the table.
        sync: tells the columns that go, those that stay, and how a value gets from one side to the other.
        only_read: views of which a person says that nobody writes the column through them.

    Raises:
        RecipeRefused: a view cannot be carried along; says why and what to do.
    """
    values = _values(table, sync)
    found = _names(schema, table, values.texts).values()
    views = sorted((known_view(schema, dependent) for dependent in found), key=lambda view: view.name)
    allowed = tuple(only_read)
    made = [_made_again(schema, table, values, view, may_compute=is_named(view, allowed)) for view in views]
    if not made:
        return NO_VIEWS
    return CarriedViews(
        tuple(str(view.name) for view in views),
        tuple(map(replacing, made)),
        tuple(trial_of(node.view_stmt.query) for node in made),
        is_computed=any(name not in values.plain for name in values.texts),
        checks=unchanged(views),
    )


def _names(schema: Schema, table: Table, columns: Iterable[str]) -> dict[str, Dependent]:
    """Return the views that read the columns; one of which that is not known is left to the others who refuse."""
    found = (d for column in columns for d in schema.dependents_of(table.name, column))
    return {d.name: d for d in found if d.kind == "view" and d.column}


def _values(table: Table, sync: SyncTrigger) -> Values:
    new = {column.name: column for column in sync.new}
    gone = {column.name for column in sync.old}
    kept = [column.name for column in table.columns if column.is_not_null and column.name not in gone]
    always = [quote(name) for name in (*table.primary_key, *kept)][:1]
    plain: set[str] = set()
    values: dict[str, str] = {}
    outer: dict[str, str] = {}
    for column in sync.old:
        down = sync.down[column.name]
        source = new.get(down.columns[0]) if down.is_column else None
        values[column.name] = _as(column, down.text, source)
        if source is not None:
            outer[column.name] = values[column.name]
            plain |= {column.name} if values[column.name] == down.text else set()
        for name in always if source is None else ():
            outer[column.name] = _as(column, f"CASE WHEN {name} IS NOT NULL THEN {down.text} END", None)
    return Values(values, outer, frozenset(plain))


def _as(old: Column, text: str, source: Column | None) -> str:
    """Return an expression of the old column's type and collation: the columns of a view keep both."""
    if source is not None and (source.type, source.collation) == (old.type, old.collation):
        return text
    is_collated = old.collation is not None and (source is None or source.collation != old.collation)
    return f"({text})::{old.type}{f' COLLATE {old.collation}' if is_collated else ''}"


def known_view(schema: Schema, dependent: Dependent) -> View:
    """Return the view whose definition is known.

    Raises:
        RecipeRefused: it is not.
    """
    view = next((v for v in schema.views.values() if v.name.dotted == dependent.name), None)
    if view is not None and view.definition is not None:
        return view
    raise RecipeRefused(
        f"The view {dependent.name} reads {dependent.table}.{dependent.column}, and the migrations folder does not tell"
        " its definition for sure.",
        "Give --dsn to ask the database.",
    )


def _made_again(schema: Schema, table: Table, values: Values, view: View, *, may_compute: bool) -> Node:
    """Return the statement that makes the view again over the new columns."""
    if view.own:
        raise refused(view, table, f"has its own {', '.join(view.own)}, which may work with the column")
    node = parse_one(view.definition or "")
    statement = node.view_stmt
    query = statement.query.select_stmt
    computed = [name for name in _shown(query) if name in values.texts.keys() - values.plain]
    if computed and _lets_write(query, table) and not may_compute:
        raise RecipeRefused(
            f"The view {view.name} shows {table.name}.{computed[0]} and can be written through: its column would be"
            " computed from the contract on, and whoever writes it would fail.",
            f"Say with --only-read {view.name} that nobody writes the column through it; or let the writers use the"
            " table first.",
        )
    columns = ViewColumns(schema, table, values.texts, values.outer)
    try:
        columns.replace_in(query)
    except Unclear as exc:
        raise refused(view, table, f"cannot be made again: {exc}") from exc
    if not columns.replaced or not is_deparsed_well(node):
        raise refused(view, table, "is not fully understood")
    statement.view.schemaname, statement.view.relname = view.name
    return node


def replacing(node: Node) -> str:
    """Return the statement as text, with its query on a line of its own."""
    query = deparse(node.view_stmt.query)
    head, _, check = deparse(node).partition(f" AS {query}")
    return f"{head.replace('CREATE', 'CREATE OR REPLACE', 1)} AS\n{query}{check}"


def refused(view: View, table: object, reason: str) -> RecipeRefused:
    """Return the refusal of a view over a table, or over several as text."""
    name, over = literal(str(view.name)), table.name if isinstance(table, Table) else table
    return RecipeRefused(
        f"The view {view.name} over {over} {reason}.",
        "Redefine it so that it does not name the column (CREATE OR REPLACE VIEW can put NULL or another column in its"
        f" place), or keep its text (SELECT pg_get_viewdef({name}::regclass)), drop it (DROP VIEW {view.name}), and"
        " make it again over the new column after the change. --dsn tells each column that a * means.",
    )


def _shown(query: pb.SelectStmt) -> tuple[str, ...]:
    """Return the columns that the view shows as they are."""
    fields = (target.res_target.val.column_ref.fields for target in query.target_list)
    return tuple(parts[-1].string.sval for parts in fields if parts)


def _lets_write(query: pb.SelectStmt, table: Table) -> bool:
    """Whether the server may let rows of the table be written through the view: it reads nothing else, row by row."""
    lists = (query.group_clause, query.distinct_clause, query.values_lists)
    parts = ("having_clause", "limit_count", "limit_offset", "with_clause")
    is_plain = query.op == pb.SETOP_NONE and not any(map(len, lists)) and not any(map(query.HasField, parts))
    relations = [(item.range_var.schemaname, item.range_var.relname) for item in query.from_clause]
    return is_plain and relations == [table.name]
