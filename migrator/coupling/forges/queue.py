"""Which pull request each commit of a release is, asked of the forge where the commits do not say it.

A queue that rebases leaves commits without a number, and so does a push of them: each would count as a pull request of
its own, and nobody's approval could be found.
"""

from collections.abc import Callable, Iterable, Sequence

from migrator.coupling.ci import CiContext
from migrator.coupling.evidence import Evidence, Part
from migrator.coupling.forges.answers import Queued
from migrator.coupling.forges.forge import Forge, ForgeOf
from migrator.http import HttpFailed

_MOST = 50
"""Commits that are asked for one by one."""


def naming(forge_of: ForgeOf) -> Callable[[Evidence, CiContext], tuple[Part, ...]]:
    """Return the function that `check` calls; what the forge does not say stays as the commits say it."""

    def ask(evidence: Evidence, ci: CiContext) -> tuple[Part, ...]:
        forge, parts = forge_of(ci.number or 0), evidence.parts
        try:
            if evidence.is_queue and ci.target:
                parts = with_numbers(evidence.merge_base, parts, forge.queue(ci.target))
            return parts if evidence.is_queue else _of_pushed(forge, parts)
        except HttpFailed:
            return parts  # the override then lacks the pull request of a commit, and says so

    return ask


def with_numbers(start: str, parts: Sequence[Part], queue: Iterable[Queued]) -> tuple[Part, ...]:
    """Return the parts with the numbers of the queue: a request has the commits after its base, up to its head.

    Where the base is not known the head alone is its: what stands before it may be a request that left the queue.
    """
    places = {start: -1} | {part.commit: place for place, part in enumerate(parts)}
    numbers: dict[int, int] = {}
    for each in queue:
        if (end := places.get(each.head, -1)) >= 0:
            numbers |= dict.fromkeys(range(places.get(each.base, end - 1) + 1, end + 1), each.number)
    return tuple(
        part.model_copy(update={"number": numbers[place], "is_told_by_forge": True}) if place in numbers else part
        for place, part in enumerate(parts)
    )


def _of_pushed(forge: Forge, parts: Sequence[Part]) -> tuple[Part, ...]:
    nameless = [part for part in parts if part.number is None]
    if len(nameless) > _MOST:
        return tuple(parts)
    numbers = {part.commit: forge.merged_as(part.commit) for part in nameless}
    return tuple(part.model_copy(update={"number": numbers.get(part.commit, part.number)}) for part in parts)
