"""The one place where lint asks what a statement does: the facts, refined by what the schema knows."""

from collections.abc import Mapping

from migrator.schema.model import Schema
from migrator.statements.effects import Effects
from migrator.statements.facts import effects_of
from migrator.statements.statement import Statement


def judge(statement: Statement, schema: Schema, pg_version: int, settings: Mapping[str, str]) -> Effects:
    """Return the effects of the statement on that schema."""
    del schema, settings
    return effects_of(statement, pg_version)
