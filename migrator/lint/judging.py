"""The one place where lint asks what a statement does: the facts, refined by what the schema knows."""

from collections.abc import Mapping

from migrator.schema.effects import action_effects_in, effects_in
from migrator.schema.model import Schema
from migrator.statements.effects import Effects
from migrator.statements.parse import pb
from migrator.statements.statement import Statement


def judge(statement: Statement, schema: Schema, pg_version: int, settings: Mapping[str, str]) -> Effects:
    """Return the effects of the statement on that schema."""
    return effects_in(statement, schema, pg_version, settings)


def judge_action(
    cmd: pb.AlterTableCmd, statement: Statement, schema: Schema, pg_version: int, settings: Mapping[str, str]
) -> Effects:
    """Return the effects of one action of an ALTER TABLE; what else stands in the statement is taken into account."""
    return action_effects_in(cmd, statement, schema, pg_version, settings)
