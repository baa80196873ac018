"""Adds to the evidence what code uses, at head and where it is deployed, when the verdict can depend on it.

No migration that changes tables, no scan; nothing removed, nobody is asked what is deployed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from migrator.coupling.case import Case
from migrator.coupling.coupling import names_uses, needs_references
from migrator.coupling.evidence import CodeReference, Evidence, Running, Unknown
from migrator.git import Repository

if TYPE_CHECKING:
    from migrator.references.reference import Reference
    from migrator.references.scan import Scanned  # loads the scanners

Scan = Callable[[Repository, str, Case], "Scanned"]
"""Reads the code of a commit for its uses of what the case is about, by the policy of the base."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What may run, and the uses of the versions whose code is elsewhere."""

    running: tuple[Running, ...] = ()
    references: tuple[CodeReference, ...] = ()
    published: tuple[str, ...] = ()
    """Commits whose uses are known from a manifest, not from this clone."""
    unknowns: tuple[Unknown, ...] = ()


AskDeployed = Callable[[Repository, Case], Deployed]
"""Asks the database what runs; what it could not learn is unknown."""


def with_deployed(repository: Repository, evidence: Evidence, ask: AskDeployed) -> Evidence:
    """Return the evidence with the commits that the database knows of, when a contract waits for them.

    The deployed end of a range was named by a person and stays; the base was only a guess, and does not.
    """
    case = Case(evidence)
    if not case.removed:
        return evidence
    found = ask(repository, case)
    running = (*(each for each in evidence.running if each.origin != "base"), *found.running)
    update = {
        "running": running,
        "deployed": tuple(dict.fromkeys(each.commit for each in running)),
        "references": (*evidence.references, *found.references),
        "scanned": {**evidence.scanned, **dict.fromkeys(found.published, 0)},
        "unknowns": (*evidence.unknowns, *found.unknowns),
    }
    return evidence.model_copy(update=update)


def with_references(repository: Repository, evidence: Evidence, scan: Scan) -> Evidence:
    """Return the evidence with the uses of what the case is about."""
    case = Case(evidence)
    if not needs_scan(case):
        return evidence
    found: list[CodeReference] = []
    scanned: dict[str, int] = {}
    guessed: dict[str, None] = {}
    for ref, commit in _refs(evidence, case):
        result = scan(repository, commit, case)
        found += [code_reference(ref, commit, reference) for reference in result.references]
        scanned[commit] = result.files
        guessed.update(dict.fromkeys(result.guessed))
    update = {
        "references": (*evidence.references, *found),
        "scanned": {**evidence.scanned, **scanned},
        "not_scanned": tuple(guessed),
    }
    return evidence.model_copy(update=update)


def needs_scan(case: Case) -> bool:
    """Whether a finding can depend on what the code uses: of what goes, and of what comes."""
    return bool(case.removed or case.taken_back or case.added_columns) or needs_references(case) or names_uses(case)


def _refs(evidence: Evidence, case: Case) -> Iterator[tuple[Literal["head", "deployed"], str]]:
    yield "head", evidence.head
    known_elsewhere = {reference.commit for reference in evidence.references} | set(evidence.scanned)
    for commit in evidence.deployed if case.removed else ():
        if commit not in known_elsewhere:
            yield "deployed", commit


def code_reference(
    ref: Literal["head", "deployed"], commit: str, reference: "Reference", service: str = ""
) -> CodeReference:
    """Return a use as evidence of a commit."""
    return CodeReference(
        ref=ref,
        commit=commit,
        path=reference.place.path,
        line=reference.place.line,
        column=reference.place.column,
        table=reference.table,
        name=reference.column,
        schema_name=reference.schema,
        is_star=reference.is_star,
        confidence=reference.confidence.value,
        usage=reference.usage.value,
        service=service,
    )


def commits(found: Sequence[tuple[str, Literal["option", "range", "base"]]]) -> tuple[Running, ...]:
    """Return commits that were named, not recorded."""
    return tuple(Running(commit=commit, origin=origin) for commit, origin in found)
