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
from collections.abc import Mapping
from typing import Any, cast

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from migrator.config import BackfillSettings, Section
from migrator.errors import InputError
from migrator.names import TableName, made_name
from migrator.statements.parse import Node, parse_sql
from migrator.statements.statement import Statement

_PARAMETER = re.compile(r"^\s*param_ref \{", re.MULTILINE)
"""In the printed tree: `$1` would silently take the value of one of our own parameters."""


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
    set: Mapping[str, str] = Field(min_length=1)
    """Column, as the catalog spells it -> SQL expression over the row."""
    where: str | None = None
    """Condition for rows that still need it; a row filled by the backfill must no longer match."""
    name: str = ""
    """Unique in the migration; by default the table's name and the columns."""
    limits: Limits = Limits()
    compare: bool = True
    """Whether verification compares the columns with their expressions; false when an expression is volatile, or
    when the application changes the columns afterwards and no trigger keeps them equal."""

    @field_validator("table")
    @classmethod
    def _is_table(cls, value: str) -> str:
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

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        values = dict(cast("Mapping[str, Any]", data))
        if not values.get("name") and isinstance(values.get("table"), str) and isinstance(values.get("set"), Mapping):
            values["name"] = _default_name(values["table"], values["set"])
        return values

    @property
    def table_name(self) -> TableName:
        """The table, with its schema."""
        return TableName.parse(self.table)

    @property
    def checksum(self) -> str:
        """SHA-256 of what rows become; pace and verification may change while a backfill runs, this may not."""
        meaning = {"table": self.table, "set": dict(self.set), "where": self.where}
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()

    def pace(self, settings: BackfillSettings) -> BackfillSettings:
        """Return the settings with this backfill's own limits in place."""
        return settings.with_limits(self.limits)


def _default_name(table: str, columns: Mapping[str, object]) -> str:
    try:
        return made_name(TableName.parse(table).name, *columns)
    except InputError:  # reported by the check of `table`
        return ""


def _refuse_unless_expression(where: str, text: str) -> None:
    node, template = _parsed(where, f"SELECT (\n{text}\n)"), _parsed(where, "SELECT (\n1\n)")
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
