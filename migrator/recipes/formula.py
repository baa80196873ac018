"""An expression over the columns of one row, as a recipe uses it: in a backfill, in a trigger, and over a default.

A person writes it with bare column names. In the trigger function each becomes NEW.name, and the function's pinned
search_path finds nothing of the user's: whatever is not the server's own must be written with its schema, or is
given one here when the schema in memory knows exactly one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from migrator.errors import InputError, RecipeRefused
from migrator.names import TableName, quote
from migrator.schema.expressions import column_refs, expression_text, parse_expression, walk
from migrator.schema.facts.type_change import is_known_type
from migrator.schema.model import Schema
from migrator.schema.types import format_type
from migrator.statements.facts.volatility import is_known
from migrator.statements.parse import Node, pb


class _Names(Protocol):
    """A qualified name in a tree."""

    def insert(self, key: int, value: Node, /) -> None:
        """Put a part in."""
        ...


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression as SQL text with bare column names; `columns` are those that it reads."""

    text: str
    columns: tuple[str, ...]

    @classmethod
    def of_column(cls, name: str) -> "Formula":
        """Return the column itself."""
        return cls(quote(name), (name,))

    @property
    def is_column(self) -> bool:
        """Whether it is one column and nothing else."""
        return len(self.columns) == 1 and self.text == quote(self.columns[0])

    def over(self, row: str) -> str:
        """Return the text over a trigger's row: `NEW.email`."""
        return self.with_values({name: f"{row}.{quote(name)}" for name in self.columns})

    def with_values(self, values: Mapping[str, str]) -> str:
        """Return the text with SQL in place of the columns that are named; the deparser cannot write NEW.x."""
        if self.is_column:
            return values.get(self.columns[0], self.text)
        tree = parse_expression(self.text)
        marks = {name: _mark(self.text, number) for number, name in enumerate(self.columns) if name in values}
        for part in walk(tree):
            if isinstance(part, pb.ColumnRef) and part.fields[-1].string.sval in marks:
                part.fields[-1].string.sval = marks[part.fields[-1].string.sval]
        text = expression_text(tree)
        for name, mark in marks.items():
            text = text.replace(mark, values[name])
        return text


def _mark(text: str, number: int) -> str:
    """Return a plain name that does not stand in the text."""
    mark = f"column_{number}_of_row"
    while mark in text:
        mark = f"{mark}_"
    return f"{mark}_"


def read_formula(schema: Schema, what: str, text: str, allowed: Iterable[str]) -> Formula:
    """Read an expression over the allowed columns.

    Raises:
        RecipeRefused: it is no expression, reads something else than these columns, or names a function or type that
            a trigger would not find.
    """
    try:
        tree = parse_expression(text)
    except InputError as exc:
        raise RecipeRefused(f"The {what} cannot be used: {exc.situation}", exc.todo) from exc
    known = tuple(allowed)
    _refuse_more_than_a_row(what, tree)
    unknown = [name for name in column_refs(tree) if name not in known]
    if unknown:
        raise RecipeRefused(
            f"The {what} reads {', '.join(unknown)}, but may read only {', '.join(known)}.",
            "Another column could change without a word to the trigger. Write it over these columns.",
        )
    for part in walk(tree):
        if isinstance(part, pb.TypeName):
            _qualify_type(schema, what, part)
        elif isinstance(part, pb.FuncCall):
            _qualify(what, "function", part.funcname, [n for n in schema.functions if _is(n, part.funcname)])
    return Formula(expression_text(tree), column_refs(tree))


def _refuse_more_than_a_row(what: str, tree: Node) -> None:
    for part in walk(tree):
        is_qualified = isinstance(part, pb.ColumnRef) and len(part.fields) > 1
        is_wider = isinstance(part, pb.SubLink | pb.ParamRef | pb.WindowDef) or (
            isinstance(part, pb.FuncCall) and (part.agg_star or part.agg_distinct or part.HasField("over"))
        )
        if is_qualified or is_wider:
            reason = "names a column with its table" if is_qualified else "reads more than one row or a parameter"
            raise RecipeRefused(f"The {what} {reason}.", "Write an expression over bare column names of one row.")


def _is(name: TableName, parts: Iterable[Node]) -> bool:
    *schema, last = (part.string.sval for part in parts)
    return not schema and name.name == last


def _qualify_type(schema: Schema, what: str, name: pb.TypeName) -> None:
    if len(name.names) != 1 or is_known_type(format_type(name)):
        return
    found = [n for n in (*schema.enums, *schema.domains) if _is(n, name.names)]
    if not found:
        raise RecipeRefused(
            f"The {what} uses the type {format_type(name)}, which is not the server's own.",
            "Write it with its schema: the trigger must find it whatever the writer's search_path is.",
        )
    _qualify(what, "type", name.names, found)


def _qualify(what: str, kind: str, parts: _Names, found: list[TableName]) -> None:
    """Put the schema before a bare name that one object of the user has."""
    if not found:
        return
    name = found[0].name
    candidates = [*found, *[TableName("pg_catalog", name)] * (kind == "function" and is_known(name))]
    if len(candidates) > 1:
        raise RecipeRefused(
            f"The {what} uses the {kind} {name}, which may be one of {', '.join(map(str, candidates))}.",
            "Write it with its schema.",
        )
    parts.insert(0, Node(string=pb.String(sval=candidates[0].schema)))
