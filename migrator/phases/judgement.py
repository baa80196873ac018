"""What each statement of a migration does to the tables that are there: for plans, which may ask a database.

The text alone cannot tell whether a new type rewrites the table or a NOT NULL is proven; the catalog can. Each phase
finds what the earlier ones leave, an abort what expand and migrate do.
"""

from collections.abc import Iterator, Sequence

from migrator.phases.steps import Step
from migrator.schema.effects import effects_in
from migrator.schema.model import Schema
from migrator.schema.replay import replay
from migrator.statements.effects import Effects

_BEFORE = {"expand": (), "migrate": ("expand",), "contract": ("expand", "migrate"), "abort": ("expand", "migrate")}


def judged(steps: Sequence[Step], schema: Schema | None, pg_version: int) -> Iterator[tuple[Effects, ...]]:
    """Yield the effects of each step's statements on that schema; without one, those that the text alone tells."""
    if schema is None:
        yield from (step.effects for step in steps)
        return
    found: dict[str, Schema] = {}
    for step in steps:
        if step.phase not in found:
            found[step.phase] = _after(steps, schema, step.phase)
        effects: list[Effects] = []
        for statement in step.statements:
            effects.append(effects_in(statement, found[step.phase], pg_version))
            found[step.phase] = replay((statement,), found[step.phase])
        yield tuple(effects)


def _after(steps: Sequence[Step], schema: Schema, phase: str) -> Schema:
    """Return what the phase finds; what earlier phases have made counts as filled by then."""
    earlier = (statement for step in steps if step.phase in _BEFORE[phase] for statement in step.statements)
    return replay(earlier, schema).settled()
