"""A column of an enum whose labels change: a second column of a new type takes its place, then the type's name.

The server can rename a label, which breaks every running copy of the old code in the same moment, and it cannot
remove one. Here old code goes on with the old labels and new code uses the new ones, each in its own column.
Used by `rename_enum_value` and `remove_enum_value`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from migrator.errors import RecipeRefused
from migrator.names import TableName, literal, made_name, quote
from migrator.recipes.carried_views import CarriedViews, carry_views, without_views
from migrator.recipes.column_copies import Renaming, add_column, copies
from migrator.recipes.formula import Formula
from migrator.recipes.recipe import Recipe, Rendering
from migrator.recipes.second_columns import SecondColumns
from migrator.recipes.succession import check_renamable, check_triggers, last_prefix
from migrator.recipes.sync_trigger import SyncTrigger
from migrator.recipes.target import check_new_name, check_walkable, find_column, find_table
from migrator.recipes.trials import trials
from migrator.schema.expressions import parse_expression, parse_one, walk
from migrator.schema.model import Column, Schema, Table
from migrator.statements.facts.volatility import called_name, is_known
from migrator.statements.parse import Node, pb


@dataclass(frozen=True, slots=True)
class EnumColumn:
    """The column, its labels today, and what each label becomes; None where it becomes NULL."""

    schema: Schema
    table: Table
    column: Column
    type: TableName
    labels: tuple[str, ...]
    to: str

    @classmethod
    def find(cls, schema: Schema, table_name: TableName, name: str, to: str, pg_version: int) -> "EnumColumn":
        """Return the column with its enum.

        Raises:
            RecipeRefused: it is no enum, or its place cannot be taken.
        """
        table = find_table(schema, table_name, partitioned=True)
        check_triggers(table, pg_version)
        column = find_column(table, name)
        enum = next((key for key in schema.enums if str(key) in (column.type, f"public.{column.type}")), None)
        if enum is None or not schema.enums[enum]:
            raise RecipeRefused(
                f"{table.name}.{name} is {column.type}, of which no labels are known.",
                "Give --dsn to ask the database; a column that is no enum is changed with change-column-type.",
            )
        check_new_name(table, to)
        check_renamable(without_views(schema, table, (column.name,)), table, column)
        check_walkable(table)
        return cls(schema, table, column, enum, schema.enums[enum], to)

    def check_label(self, label: str, *, is_there: bool) -> None:
        """Refuse a label that is missing, or one that is taken."""
        if (label in self.labels) is not is_there:
            known = ", ".join(self.labels)
            raise RecipeRefused(
                f"{self.type} has {'no label' if is_there else 'already a label'} {label!r} (it has: {known}).",
                "Correct the label.",
            )

    def rendering(
        self, recipe: Recipe, migration_id: str, becomes: Mapping[str, str | None], only_read: Iterable[str] = ()
    ) -> Rendering:
        """Return the files of the change in which these labels become others; `only_read` as in `carry_views`."""
        new_type = self._new_type()
        new = replace(self.column, name=self.to, type=str(new_type), default=None)
        back = {label: old for old, label in becomes.items() if label is not None and label not in self.labels}
        up, down = (
            Formula(_mapped(source, labels, kind), (source,))
            for source, labels, kind in (
                (self.column.name, becomes, str(new_type)),
                (self.to, back, str(self.type)),
            )
        )
        sync = SyncTrigger(
            migration_id,
            self.table.name,
            (self.column,),
            (new,),
            {self.to: up},
            {self.column.name: down},
            prefix=last_prefix(self.schema, self.table),
        )
        kept = tuple(dict.fromkeys(becomes.get(label, label) or "" for label in self.labels))
        makes = f"CREATE TYPE {new_type} AS ENUM ({', '.join(literal(label) for label in kept if label)})"
        default = self._default(becomes, new_type)
        views = carry_views(self.schema, self.table, sync, only_read)
        return SecondColumns(
            table=self.table,
            sync=sync,
            added=add_column(self.table, new, self.to),
            copies=copies(self.schema, self.table, self._renaming(becomes, new_type)),
            defaults={} if default is None else {self.to: default},
            not_null=(self.to,) if self.column.is_not_null else (),
            trials=trials(self.table.name, sync),
            is_exact=False,
            before=(makes,),
            views=views,
            after_contract=self._after(new_type, views),
            after_abort=(f"DROP TYPE {new_type}",),
            contract_notes=self._notes(new_type, views),
        ).rendering(recipe)

    def _new_type(self) -> TableName:
        name = TableName(self.type.schema, made_name(self.type.name, "next"))
        while name in self.schema.enums or name in self.schema.tables:
            name = TableName(name.schema, made_name(name.name, "2"))
        return name

    def _renaming(self, becomes: Mapping[str, str | None], new_type: TableName) -> Renaming:
        gone = {label for label, new in becomes.items() if new is None or new in self.labels}
        definitions = [i.definition for i in self.table.indexes if self.column.name in i.columns]
        definitions += [
            f"ALTER TABLE t ADD {c.definition}" for c in self.table.constraints if self.column.name in c.columns
        ]
        for text in definitions:
            tree = parse_one(text)
            self._check_calls(text, tree)
            if {part.sval.sval for part in walk(tree) if isinstance(part, pb.A_Const)} & gone:
                raise RecipeRefused(
                    f"An index or constraint of {self.table.name} names the label that goes: {text}.",
                    "Replace it by one that does without, first.",
                )
        renamed = {label: new for label, new in becomes.items() if new is not None and new not in self.labels}
        types = {self.column.type: new_type, str(self.type): new_type}
        return Renaming({self.column.name: self.to}, types=types, labels=renamed)

    def _check_calls(self, text: str, tree: Node) -> None:
        """Refuse a function of the user over the column itself: it takes the old type, and no other."""
        for call in (part for part in walk(tree) if isinstance(part, pb.FuncCall)):
            given = {argument.column_ref.fields[-1].string.sval for argument in call.args if argument.column_ref.fields}
            if self.column.name in given and not is_known(called_name(call)):
                raise RecipeRefused(
                    f"An index or constraint of {self.table.name} gives {self.column.name} to the function"
                    f" {called_name(call)}(), which takes a {self.type}: {text}.",
                    "Drop it first, or let it cast the column to text; make it again for the new column and type.",
                )

    def _default(self, becomes: Mapping[str, str | None], new_type: TableName) -> str | None:
        """Return the default of the new type; it may not mention the old one, which is to be dropped."""
        if self.column.default is None:
            return None
        tree = parse_expression(self.column.default)
        while tree.WhichOneof("node") == "type_cast":
            tree = tree.type_cast.arg
        if not tree.a_const.HasField("sval"):
            raise RecipeRefused(
                f"The default of {self.table.name}.{self.column.name} is no plain label: {self.column.default}.",
                "Drop the default first, and set it again afterwards.",
            )
        label = becomes.get(tree.a_const.sval.sval, tree.a_const.sval.sval)
        return None if label is None else f"{literal(label)}::{new_type}"

    def _others(self) -> tuple[str, ...]:
        """Return the other columns of the old type."""
        kinds = {self.column.type, str(self.type), f"{self.column.type}[]", f"{self.type}[]"}
        found = [(t.name, c.name) for t in self.schema.tables.values() for c in t.columns if c.type in kinds]
        tables = (self.table, *self.schema.descendants(self.table.name))
        mine = {(table.name, self.column.name) for table in tables}
        return tuple(f"{table}.{column}" for table, column in found if (table, column) not in mine)

    def _after(self, new_type: TableName, views: CarriedViews) -> tuple[tuple[str, ...], ...]:
        if self._others() or views.names:
            return ()
        return ((f"DROP TYPE {self.type}", f"ALTER TYPE {new_type} RENAME TO {quote(self.type.name)}"),)

    def _notes(self, new_type: TableName, views: CarriedViews) -> tuple[str, ...]:
        others = self._others()
        if views.names:
            users = ", ".join((*views.names, *others))
            stays = f"The type {self.type} stays, because views go on showing it with the labels of today: {users}."
            takes = f"DROP TYPE {self.type}; ALTER TYPE {new_type} RENAME TO {quote(self.type.name)}"
            return (f"{stays} When nobody reads them any more: {takes}.",)
        if others:
            return (f"The type {self.type} stays, because these use it: {', '.join(others)}. Change them as well.",)
        takes = f"At last the old type goes and {new_type} gets its name, but not its comment and rights: give it those"
        return (f"{takes} again. A function that names the old one stops it.",)


def _mapped(column: str, labels: Mapping[str, str | None], kind: str) -> str:
    """Return the expression that gives a label of the other type."""
    text = f"{quote(column)}::text"
    if not labels:
        return f"{text}::{kind}"
    cases = " ".join(
        f"WHEN {literal(old)} THEN {'NULL' if new is None else literal(new)}" for old, new in labels.items()
    )
    return f"(CASE {text} {cases} ELSE {text} END)::{kind}"
