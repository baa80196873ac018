"""The approval of a forced gate: the same two people that an override of the coupling check needs, for this one gate.

It is read from the evidence that `coupling check` collects of a pull request. A line `Force-Gate: MIGRATION GATE
CHECKSUM` in its description, or a trailer of its head commit, says what is asked for, so that no approval of something
else can be used. The approvals must be on the head commit, by people who neither wrote it nor force the gate.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from migrator.config.coupling import CouplingOverride
from migrator.coupling.case import Case
from migrator.coupling.evidence import Evidence, PullRequest, read_evidence
from migrator.coupling.override import Approvals, approvals_of
from migrator.errors import Refused

_PEOPLE = 2
"""Whatever the policy says: one person alone cannot vouch for what the evidence does not show."""
_LINE = re.compile(r"^[ \t>*-]*(?:\*\*)?Force-Gate(?:\*\*)?:(?:\*\*)?[ \t]*(\S.*?)\s*$", re.MULTILINE | re.IGNORECASE)
_TRAILER = "force-gate"
_SHORT = 12


class ForceRefused(Refused):
    """The evidence does not show what forcing a gate needs; `missing` says each lack in words."""

    def __init__(self, gate: str, missing: tuple[str, ...]) -> None:
        self.missing = missing
        super().__init__(
            f"The gate {gate} cannot be forced: the evidence lacks {'; '.join(missing)}.",
            "Collect it again when that is there: `migrator coupling check --format json` prints it.",
            missing=list(missing),
        )


@dataclass(frozen=True, slots=True)
class Approval:
    """Two people or more who agreed, and where that can be looked at."""

    approvers: tuple[str, ...]
    url: str
    head: str
    evidence_sha256: str


def approval_in(file: Path, wanted: tuple[str, str, str], *, actor: str, policy: CouplingOverride) -> Approval:
    """Return the approval that the file shows.

    Args:
        file: the evidence, by itself or inside the JSON result of a check.
        wanted: migration, gate and the checksum of its contract.
        actor: who forces the gate, and can therefore not approve it.
        policy: of the configuration here; the one of the pull request's base must be satisfied as well.

    Raises:
        InputError: the file is no evidence.
        ForceRefused: names what is missing, and who could give it.
    """
    evidence = read_evidence(file)
    request = evidence.pull_request
    if request is None:
        raise ForceRefused(wanted[1], ("the reviews of a pull request",))
    found = [_judged(evidence, request, actor, rules) for rules in (evidence.policy.override, policy)]
    counted = tuple(user for user in found[0].counted if user in found[1].counted)
    missing = dict.fromkeys([*_not_asked(request, wanted), *_unknown(evidence), *(m for f in found for m in f.missing)])
    if not missing and len(counted) < _PEOPLE:
        missing = {"two people who may approve by both policies": None}
    if missing:
        raise ForceRefused(wanted[1], tuple(missing))
    return Approval(counted, request.url, evidence.head, hashlib.sha256(file.read_bytes()).hexdigest())


def _judged(evidence: Evidence, request: PullRequest, actor: str, policy: CouplingOverride) -> Approvals:
    override = policy.model_copy(update={"min_approvals": max(_PEOPLE, policy.min_approvals)})
    rules = evidence.policy.model_copy(update={"override": override})
    return approvals_of(Case(evidence.model_copy(update={"policy": rules})), request, (actor,))


def _not_asked(request: PullRequest, wanted: tuple[str, str, str]) -> Iterator[str]:
    migration, gate, checksum = wanted
    lines: Iterable[str] = (*_LINE.findall(request.body), request.trailers.get(_TRAILER, ""))
    asked = [line.split() for line in lines]
    if not any(
        words[:2] == [migration, gate] and len(words) == len(wanted) and _is_start_of(words[2], checksum)
        for words in asked
    ):
        yield f"the line `Force-Gate: {migration} {gate} {checksum[:_SHORT]}` in the pull request's description"


def _is_start_of(text: str, checksum: str) -> bool:
    return len(text) >= _SHORT and checksum.startswith(text.lower())


def _unknown(evidence: Evidence) -> Iterator[str]:
    return (unknown.text for unknown in evidence.unknowns if unknown.topic == "reviews")
