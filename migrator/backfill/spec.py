"""What a backfill fills: the manifest's `[[backfill]]` table, and the check that its SQL is what it seems.

    [[backfill]]
    table = "public.users"
    set = { mail = "email" }
    where = "mail IS DISTINCT FROM email"
    limits = { max_lag = "2s", target_batch = "200ms" }

Read by `migrator.phases.manifest`, run by `migrator.backfill.runner`, counted by `migrator.backfill.verify`.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self, cast

from pydantic import SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from migrator.config import BackfillSettings, Section
from migrator.errors import InputError
from migrator.names import TableName, made_name
from migrator.statements.parse import Node, parse_sql
from migrator.statements.statement import Statement

_PARAMETER = re.compile(r"^\s*param_ref \{", re.MULTILINE)
"""In the printed tree: `$1` would silently take the value of one of our own parameters."""

_CALLABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_RANGE, _MARKER = ":range", "migrator_range_of_keys"
_CHANGES = ("update_stmt", "delete_stmt", "insert_stmt")


class Limits(BackfillSettings):
    """This backfill's pace; what is left out comes from the settings."""

    @model_serializer(mode="wrap")
    def _as_written(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Keep to what somebody wrote: a default in the record would look like a decision."""
        return {key: value for key, value in serialize(self).items() if key in self.model_fields_set}


class BackfillSpec(Section):
    """One backfill: which columns get which values in which rows."""

    table: str
    """The table, with its schema."""
    set: Mapping[str, str] = {}
    """Column, as the catalog spells it -> SQL expression over the row."""
    sql: str | None = None
    """Instead of `set`: one UPDATE, DELETE or INSERT with `:range` in its WHERE, which holds a batch's keys."""
    python: str | None = None
    """Instead of `set`: `package.module:function`, given rows and returning their new values, a batch at a time."""
    reads: tuple[str, ...] = ()
    """Columns that the Python function is given besides the key; without any, all columns of the table."""
    writes: tuple[str, ...] = ()
    """Columns whose values the Python function returns."""
    delete: bool = False
    """Instead of `set`: the rows of `where` are deleted."""
    archive_to: str | None = None
    """The table into which deleted rows are moved; it has the columns of this one."""
    by: Literal["key", "ctid"] = "key"
    """The way along the table; `ctid` (pages) is for tables without a key and needs `where`."""
    where: str | None = None
    """Condition for rows that still need it; a row filled by the backfill must no longer match."""
    name: str = ""
    """Unique in the migration; by default the table's name and the columns."""
    limits: Limits = Limits()
    compare: bool = True
    """Whether verification compares the columns with their expressions; false when an expression is volatile, or
    when the application changes the columns afterwards and no trigger keeps them equal."""

    @field_validator("table", "archive_to")
    @classmethod
    def _is_table(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            return str(TableName.parse(value))
        except InputError as exc:
            raise ValueError(exc.situation) from exc

    @field_validator("set")
    @classmethod
    def _are_expressions(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for column, text in value.items():
            _refuse_unless_expression(f"set.{column}", text)
        return value

    @field_validator("where")
    @classmethod
    def _is_condition(cls, value: str | None) -> str | None:
        if value is not None:
            _refuse_unless_condition("where", value)
        return value

    @field_validator("sql")
    @classmethod
    def _is_statement(cls, value: str | None) -> str | None:
        if value is not None:
            hand_written_parts(value)
        return value

    @field_validator("python")
    @classmethod
    def _is_callable(cls, value: str | None) -> str | None:
        if value is not None and not _CALLABLE.fullmatch(value):
            raise ValueError("python: write it as package.module:function")
        return value

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        values = dict(cast("Mapping[str, Any]", data))
        if values.get("archive_to"):
            values.setdefault("delete", True)
        if not values.get("set"):
            values.setdefault("compare", False)
        if not values.get("name") and isinstance(values.get("table"), str):
            values["name"] = _default_name(values["table"], _words(values))
        return values

    @model_validator(mode="after")
    def _is_one_source(self) -> Self:
        given = [name for name in ("set", "sql", "python", "delete") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"set: give one of set, sql, python, delete; here are {', '.join(given) or 'none'}")
        if self.delete and self.where is None:
            raise ValueError("where: a backfill that deletes says which rows; TRUNCATE empties a table")
        if len(set(self.writes)) < len(self.writes):
            raise ValueError("writes: each column stands there once")
        if bool(self.python) != bool(self.writes):
            raise ValueError("writes: name the columns whose values the Python function returns, and only then")
        if self.sql and self.where is not None:
            raise ValueError("where: write the condition into the statement itself, beside :range")
        if self.by == "ctid" and self.where is None:
            raise ValueError("where: by ctid a row may be met twice, so `where` must say which rows still need it")
        return self

    @property
    def table_name(self) -> TableName:
        """The table, with its schema."""
        return TableName.parse(self.table)

    @property
    def change(self) -> str:
        """What happens to the rows, in short."""
        if self.set:
            return "SET " + ", ".join(f"{column} = {expression}" for column, expression in self.set.items())
        if self.python:
            return f"{', '.join(self.writes)} by {self.python}"
        if self.sql:
            return self.sql
        return f"moved to {self.archive_to}" if self.archive_to else "deleted"

    @property
    def checksum(self) -> str:
        """SHA-256 of what rows become; pace and verification may change while a backfill runs, this may not."""
        meaning: dict[str, object] = {"table": self.table, "set": dict(self.set), "where": self.where}
        others = {name: getattr(self, name) for name in ("sql", "python", "reads", "writes", "delete", "archive_to")}
        meaning |= {name: value for name, value in others.items() if value}
        if self.by != "key":
            meaning["by"] = self.by
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()

    def pace(self, settings: BackfillSettings) -> BackfillSettings:
        """Return the settings with this backfill's own limits in place."""
        return settings.with_limits(self.limits)


def _words(values: Mapping[str, Any]) -> list[str]:
    """Return what a backfill without a name is called after, besides its table."""
    if isinstance(values.get("set"), Mapping) and values["set"]:
        return [str(column) for column in values["set"]]
    if values.get("python"):
        return [str(values["python"]).rpartition(":")[2]]
    if values.get("archive_to"):
        return ["archive"]
    return ["delete" if values.get("delete") else "sql"]


def hand_written_parts(text: str) -> tuple[str, str]:
    """Return what stands before and after `:range` in a statement.

    The statement is parsed with a marker in place of `:range`: it must come out once, as a condition. In a string
    or a comment it would not come out, and more than one statement is refused.

    Raises:
        ValueError: it is not one UPDATE, DELETE or INSERT with `:range` once.
    """
    before, found, after = text.partition(_RANGE)
    if not found or _RANGE in after:
        raise ValueError("sql: the statement needs :range in its WHERE, once")
    parsed = parse_sql(f"{before} {_MARKER}() {after}")
    if parsed.problems:
        raise ValueError(f"sql: {parsed.problems[0].message}")
    if len(parsed.statements) != 1 or parsed.statements[0].kind not in _CHANGES:
        raise ValueError("sql: exactly one UPDATE, DELETE or INSERT is expected")
    if str(_without_parameters("sql", parsed.statements[0])).count(f'"{_MARKER}"') != 1:
        raise ValueError("sql: :range stands in a string or a comment; it belongs into the WHERE")
    return before, after.rstrip().rstrip(";")


def _default_name(table: str, columns: Iterable[str]) -> str:
    try:
        return made_name(TableName.parse(table).name, *columns)
    except InputError:  # reported by the check of `table`
        return ""


def _refuse_unless_expression(where: str, text: str) -> None:
    node, template = _parsed(where, f"SELECT (\n{text}\n)"), _parsed(where, "SELECT (\n1\n)")
    if any(each.res_target.val.HasField("set_to_default") for each in node.select_stmt.target_list):
        raise ValueError(f"{where}: DEFAULT cannot be compared afterwards; write the default's own expression")
    for tree in (node, template):
        if len(tree.select_stmt.target_list) == 1:
            tree.select_stmt.target_list[0].res_target.ClearField("val")
    _refuse_unless_same(where, text, node, template)


def _refuse_unless_condition(where: str, text: str) -> None:
    node, template = _parsed(where, f"SELECT WHERE (\n{text}\n)"), _parsed(where, "SELECT WHERE (\ntrue\n)")
    for tree in (node, template):
        tree.select_stmt.ClearField("where_clause")
    _refuse_unless_same(where, text, node, template)


def _refuse_unless_same(where: str, text: str, node: Node, template: Node) -> None:
    """Without the expression the statement must be the template: text that closes our parenthesis changes it."""
    if node != template:
        raise ValueError(f"{where}: {text!r} is not one SQL expression")


def _parsed(where: str, text: str) -> Node:
    parsed = parse_sql(text)
    if parsed.problems:
        raise ValueError(f"{where}: {parsed.problems[0].message}")
    if len(parsed.statements) != 1:
        raise ValueError(f"{where}: exactly one SQL expression is expected")
    return _without_parameters(where, parsed.statements[0])


def _without_parameters(where: str, statement: Statement) -> Node:
    if _PARAMETER.search(str(statement.node)):
        raise ValueError(f"{where}: parameters such as $1 have no value here; write the value")
    copy = Node()
    copy.CopyFrom(statement.node)
    return copy
