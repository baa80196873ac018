"""A migration written by hand: the folder with all its files, each saying what belongs in it and what does not.

The SQL is a person's. What the engine cannot read from it stands in a directive above the statement: a probe is a
SELECT that says whether the statement has done its work, asked after a crash instead of running it twice.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, JsonValue

from migrator.errors import RecipeRefused
from migrator.recipes.manifest_text import manifest_text
from migrator.recipes.phase_text import phase_text
from migrator.recipes.recipe import Recipe, Rendering, slug_of
from migrator.schema.model import Schema
from migrator.statements.facts import effects_of
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Statement

_REPEATABLE = frozenset({"vacuum_stmt", "reindex_stmt", "alter_system_stmt"})
"""They leave nothing to look at, and may run twice."""
_SQL: dict[str, JsonValue] = {"sql": True}
"""Marks an option whose value may be a file's: @path."""
_HEADS: Mapping[str, tuple[str, ...]] = {
    "expand": (
        (
            "Expand: what is added. Old and new code both work afterwards, so that nothing here may rename, drop or"
            " refuse what old code writes."
        ),
        (
            "Each statement is a transaction of its own; BEGIN and COMMIT join several. Names carry their schema."
            " The engine sets lock_timeout and tries again: say what each statement locks."
        ),
    ),
    "migrate": (
        (
            "Migrate: what follows the backfill, such as VALIDATE CONSTRAINT, SET NOT NULL by a proof, or an index."
            " Old and new code both work afterwards."
        ),
        "Rows are filled by a [[backfill]] in migration.toml, never by an UPDATE of the whole table here.",
    ),
    "contract": (
        (
            "Contract: what is removed. Nothing that runs may still use it: the gates of [contract] in migration.toml"
            " ask for evidence, and there is no way back."
        ),
        "With no statement here nothing is removed. The first one needs a [contract] section with contract_by.",
    ),
    "abort": (
        "Abort, before contract: undoes migrate and expand, last step first, so that the schema is as it was.",
        "A step whose object is gone already is skipped: abort must do after any part of expand and migrate.",
    ),
    "verify": (
        "Verify: SELECTs that must return no row, asked after migrate and whenever somebody runs `migrator verify`.",
        "Each row that comes is shown as something that is not as it should be.",
    ),
}


class Custom(Recipe):
    """Write a migration by hand: the folder with all its files, and the SQL that is given."""

    kind: Literal["custom"] = "custom"
    name: str
    """What it does, in a few words: `partition events by month`."""
    expand: str | None = Field(default=None, json_schema_extra=_SQL)
    """SQL that adds, or @path of a file with it."""
    migrate: str | None = Field(default=None, json_schema_extra=_SQL)
    """SQL that follows the backfill, or @path of a file with it."""
    contract: str | None = Field(default=None, json_schema_extra=_SQL)
    """SQL that removes, or @path of a file with it."""
    abort: str | None = Field(default=None, json_schema_extra=_SQL)
    """SQL that undoes expand and migrate, or @path of a file with it."""
    verify: str | None = Field(default=None, json_schema_extra=_SQL)
    """SELECTs that must return no row, or @path of a file with them."""
    probe: Mapping[str, str] = Field(default_factory=dict[str, str])
    """File and number of a statement, not counting BEGIN and COMMIT -> SELECT that says whether it has run:
    `expand.2=SELECT …`."""

    def slug(self) -> str:
        """Return the name in lower case: `partition_events_by_month`."""
        return slug_of(self.name) or "custom"

    def arguments(self) -> dict[str, Any]:
        """Return the name only: the files hold the SQL, and people go on writing them."""
        return {"kind": "custom", "name": self.name}

    def render(self, schema: Schema, migration_id: str, pg_version: int) -> Rendering:  # noqa: ARG002 SQL by hand
        """Return the migration's files.

        Raises:
            RecipeRefused: the SQL cannot be read, or a probe belongs to no statement.
        """
        given = {phase: getattr(self, phase) for phase in _HEADS}
        read = {phase: _statements(phase, text) for phase, text in given.items() if text}
        self._check_probes(read)
        files = {"migration.toml": manifest_text(self, has_contract=self.contract is not None)}
        for phase, head in _HEADS.items():
            body = self._body(phase, given[phase], read[phase], pg_version) if phase in read else ""
            files[f"{phase}.sql"] = phase_text(head, []) + (f"\n{body}\n" if body else "")
        return Rendering(files)

    def _check_probes(self, read: Mapping[str, tuple[Statement, ...]]) -> None:
        known = {f"{phase}.{number}" for phase, found in read.items() for number in range(1, len(found) + 1)}
        stray = [key for key in self.probe if key not in known]
        if stray:
            raise RecipeRefused(
                f"There is no statement {stray[0]} to probe.", "Write the file and the statement's number: expand.2."
            )
        for key, text in self.probe.items():
            parsed = parse_sql(text)
            if parsed.problems or [s.kind for s in parsed.statements] != ["select_stmt"]:
                raise RecipeRefused(
                    f"The probe of {key} is not one SELECT: {text}.", "Write a SELECT that returns one boolean."
                )

    def _body(self, phase: str, text: str, statements: tuple[Statement, ...], pg_version: int) -> str:
        """Return the text as it was given, with a directive before each statement that has a probe."""
        lines = text.strip().splitlines()
        skipped = len(text) - len(text.lstrip())
        first = text[:skipped].count("\n") + 1
        for number, statement in reversed(list(enumerate(statements, start=1))):
            probe = self.probe.get(f"{phase}.{number}")
            if probe is not None:
                quoted = " ".join(probe.split()).replace('"', '""')
                lines.insert(statement.line - first, f'-- migrator:step probe="{quoted}"')
            elif phase != "verify":
                _refuse_unseen(phase, number, statement, pg_version)
        return "\n".join(lines)


def _statements(phase: str, text: str) -> tuple[Statement, ...]:
    parsed = parse_sql(text)
    if parsed.problems:
        problem = parsed.problems[0]
        raise RecipeRefused(f"{phase}: line {problem.line}: {problem.message}.", "Correct the SQL.")
    wrong = [s for s in parsed.statements if phase == "verify" and s.kind != "select_stmt"]
    if wrong:
        raise RecipeRefused(f"verify: line {wrong[0].line} is not a SELECT.", "Only SELECTs can be there.")
    return tuple(statement for statement in parsed.statements if statement.kind != "transaction_stmt")


def _refuse_unseen(phase: str, number: int, statement: Statement, pg_version: int) -> None:
    """Refuse a statement of which, after a crash, nobody could tell whether it has run."""
    effects = effects_of(statement, pg_version)
    is_seen = effects.is_transactional or effects.creates or effects.removes or effects.renames
    if not is_seen and statement.kind not in _REPEATABLE:
        raise RecipeRefused(
            f"{phase}.{number} runs outside of transactions and leaves nothing in the catalog that tells whether it"
            f" ran: {' '.join(statement.text.split())}",
            f"Give a probe: --probe '{phase}.{number}=SELECT …', true when it is done.",
        )
