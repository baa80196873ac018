"""What is asked of a random schema: each recipe that can be aimed at it, and what the server itself would do."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from migrator.names import quote
from tests.recipes.random_columns import NAMES, WIDER, DrawnColumn
from tests.recipes.schema_maker import Design


@dataclass(frozen=True, slots=True)
class Ask:
    """A recipe's arguments, and the DDL that does the same at once; none where nothing is comparable."""

    arguments: Mapping[str, Any]
    direct: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    """Old column -> the new one that takes its place."""

    @property
    def kind(self) -> str:
        """The recipe's kind."""
        return self.arguments["kind"]


def asks(design: Design) -> Iterator[Ask]:
    """Yield what can be asked of a schema, in an order that the seed gives."""
    random = Random(design.seed)  # noqa: S311 the same for the same seed
    if not design.columns:
        return
    columns = random.sample(design.columns, len(design.columns))
    taken = {design.key.name, *(column.name for column in columns)}
    free = [name for name in NAMES if name not in taken] + ["brand new"]
    for column in columns:
        yield _rename(design, column, random.choice(free))
        yield from _retype(random, design, column, random.choice(free))
        yield from _of_one(random, design, column)
    yield from _of_all(random, design, columns, random.choice(free))


def _rename(design: Design, column: DrawnColumn, new: str) -> Ask:
    arguments = {"kind": "rename_column", "from": column.name, "to": new}
    direct = f"ALTER TABLE {design.table} RENAME COLUMN {quote(column.name)} TO {quote(new)}"
    return _ask(design, arguments, direct, renamed={column.name: new})


def _retype(random: Random, design: Design, column: DrawnColumn, new: str) -> Iterator[Ask]:
    """In place and by a second column."""
    for wider in random.sample(WIDER.get(column.type, ()), min(1, len(WIDER.get(column.type, ())))):
        kept = re.search(r" COLLATE \S+", column.rest)
        collation = kept[0] if kept else ""
        arguments = {"kind": "change_column_type", "column": column.name, "type": wider}
        direct = f"ALTER TABLE {design.table} ALTER COLUMN {quote(column.name)} TYPE {wider}{collation}"
        yield _ask(design, arguments, direct)
        named = f"ALTER TABLE {design.table} RENAME COLUMN {quote(column.name)} TO {quote(new)}"
        yield _ask(design, {**arguments, "to": new}, direct, named, renamed={column.name: new})


def _of_one(random: Random, design: Design, column: DrawnColumn) -> Iterator[Ask]:
    alter, name = f"ALTER TABLE {design.table}", quote(column.name)
    known = [value for value in column.values if value != "NULL"]
    value = random.choice(known) if known else None
    fill = f"UPDATE {design.table} SET {name} = {value} WHERE {name} IS NULL"
    not_null = {"kind": "set_not_null", "column": column.name, "value": value}
    yield _ask(design, not_null, *([fill] if value else []), f"{alter} ALTER COLUMN {name} SET NOT NULL")
    yield _ask(design, {"kind": "drop_column", "column": column.name}, f"{alter} DROP COLUMN {name} CASCADE")
    if column.type in ("integer", "smallint", "bigint", "sales.positive"):
        key = {"kind": "add_foreign_key", "columns": [column.name], "references": "sales.parents", "no_index": True}
        added = f"{alter} ADD FOREIGN KEY ({name}) REFERENCES sales.parents"
        yield _ask(design, {**key, "set_null": True}, _orphans(design, name), added)
    if column.type in ("text", "character varying(20)"):
        into = {"first half": f"left({name}, 2)", "other half": f"substr({name}, 3)"}
        arguments = {"kind": "split_column", "from": column.name, "into": into}
        yield _ask(design, {**arguments, "down": '"first half" || "other half"'})


def _orphans(design: Design, name: str) -> str:
    return (
        f"UPDATE {design.table} SET {name} = NULL"
        f" WHERE NOT EXISTS (SELECT FROM sales.parents p WHERE p.id = {design.table}.{name})"
    )


def _of_all(random: Random, design: Design, columns: list[DrawnColumn], new: str) -> Iterator[Ask]:
    alter, key, fresh = f"ALTER TABLE {design.table}", quote(design.key.name), quote(new)
    some = random.sample(columns, min(len(columns), random.randint(1, 2)))
    names = [column.name for column in some]
    listed = ", ".join(map(quote, names))
    unique = {"kind": "add_unique", "columns": [*names, design.key.name]}
    yield _ask(design, unique, f"{alter} ADD UNIQUE ({listed}, {key})")
    yield _ask(
        design, {"kind": "create_index", "columns": [*map(quote, names)]}, f"CREATE INDEX ON {design.table} ({listed})"
    )
    yield _ask(design, {"kind": "add_check", "check": f"{key} < 1000000"}, f"{alter} ADD CHECK ({key} < 1000000)")
    column = {"kind": "add_column", "column": new}
    yield _ask(design, {**column, "type": "text"}, f"{alter} ADD COLUMN {fresh} text")
    constant = {**column, "type": "sales.mood", "default": "'sad'", "not_null": True}
    yield _ask(design, constant, f"{alter} ADD COLUMN {fresh} sales.mood DEFAULT 'sad' NOT NULL")
    volatile = {**column, "type": "text", "default": "sales.next_word()", "not_null": True}
    yield _ask(design, volatile, f"{alter} ADD COLUMN {fresh} text DEFAULT sales.next_word() NOT NULL")
    computed = {"kind": "add_generated_column", "column": new, "type": "integer", "expression": f"{key} + 1"}
    yield _ask(design, {**computed, "stored": True})
    yield _ask(design, computed)
    plain = [c.name for c in columns if c.type == "text"][:2]
    if len(plain) > 1:
        first, second = (quote(name) for name in plain)
        down = {plain[0]: f"split_part({fresh}, '|', 1)", plain[1]: f"split_part({fresh}, '|', 2)"}
        merged = {"kind": "merge_columns", "to": new, "up": f"{first} || '|' || {second}", "down": down}
        yield _ask(design, {**merged, "authority": "old"})
    yield _ask(design, {"kind": "rename_table", "to": new}, f"{alter} RENAME TO {fresh}")
    yield _ask(design, {"kind": "drop_table"}, f"DROP TABLE {design.table} CASCADE")
    yield _ask(design, {"kind": "primary_key_to_bigint"})


def _ask(design: Design, arguments: Mapping[str, Any], *direct: str, renamed: Mapping[str, str] | None = None) -> Ask:
    return Ask({**arguments, "table": str(design.table)}, direct, renamed or {})
