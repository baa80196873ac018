"""Whether schema and code may ship together all the same: two people, a reason, and the promise of a postmortem.

Labels and trailers declare the wish, they never grant it. Approvals count on the head commit only, from people who
wrote none of it, as the policy of the base asks. What is missing is listed together with who could give it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from migrator.config.coupling import CouplingOverride
from migrator.coupling.case import Case
from migrator.coupling.decision import Override
from migrator.coupling.evidence import Evidence, Part, PullRequest, Review
from migrator.coupling.owners import Owners, owners_of

_TRAILER = "allow-coupled-migration"
_LINE = r"^[ \t>*-]*(?:\*\*)?{name}(?:\*\*)?:(?:\*\*)?[ \t]*(?P<value>\S.*?)\s*$"


def evaluate_override(case: Case) -> Override | None:
    """Return the request with what it lacks; None when nobody asked.

    Of a release each pull request that brings schema or code must be overridden by itself.
    """
    if case.evidence.parts:
        return _of_release(case)
    request = case.evidence.pull_request
    if request is None or not _is_asked(request, case.policy.override):
        return None
    return _of_request(case, request, _unknown_to_all(case.evidence))


def involved(case: Case) -> tuple[Part, ...]:
    """Return the commits of a release that bring schema or code, one for each pull request."""
    changes = {id(file.change): file.change for file in (*case.migrations, *case.code)}.values()
    found = {part.number or part.commit: part for change in changes for part in case.parts_of(change)}
    return tuple(part for part in case.evidence.parts if found.get(part.number or part.commit) is part)


def _of_release(case: Case) -> Override | None:
    policy = case.policy.override
    asked = [request for request in case.evidence.batch if _is_asked(request, policy)]
    if not asked:
        return None
    found = [(request, _of_request(case, request, ())) for request in asked]
    numbers = {request.number for request in asked}
    return Override(
        reason="; ".join(f"#{request.number}: {override.reason}" for request, override in found),
        approvers=tuple(dict.fromkeys(user for _, override in found for user in override.approvers)),
        postmortem=", ".join(dict.fromkeys(override.postmortem for _, override in found)),
        due=min(override.due for _, override in found),
        missing=(
            *(f"#{request.number}: {lack}" for request, override in found for lack in override.missing),
            *(f"{part}: the label {policy.label}" for part in involved(case) if part.number not in numbers),
            *_unknown_to_all(case.evidence),
        ),
    )


def _of_request(case: Case, request: PullRequest, more: Iterable[str]) -> Override:
    people = _People(case, request)
    reason = request.trailers.get(_TRAILER) or _line(request, "Reason")
    postmortem = request.trailers.get("postmortem") or _line(request, "Postmortem")
    missing = (
        *people.missing(),
        *_missing_reason(reason, case.policy.override),
        *_missing_postmortem(postmortem, case.policy.override),
        *more,
    )
    due = (case.evidence.now + case.policy.override.due).astimezone(UTC)
    return Override(reason, people.counted, postmortem, due.isoformat(timespec="seconds"), missing)


def _unknown_to_all(evidence: Evidence) -> tuple[str, ...]:
    """Return what stands in the way of any override: overdue postmortems, and what could not be learned."""
    unknown = (unknown.text for unknown in evidence.unknowns if unknown.topic in {"reviews", "commitments"})
    return (*_overdue(evidence), *unknown)


def _is_asked(request: PullRequest, policy: CouplingOverride) -> bool:
    return policy.label in request.labels or _TRAILER in request.trailers


def _line(request: PullRequest, name: str) -> str:
    """Return the value of a line `Name: value` of the description; the last one counts, as for trailers."""
    found = re.findall(_LINE.format(name=name), request.body, re.MULTILINE | re.IGNORECASE)
    return found[-1] if found else ""


def _missing_reason(reason: str, policy: CouplingOverride) -> Iterator[str]:
    if len(reason) < policy.min_reason:
        yield (
            f"a line `Reason: …` of at least {policy.min_reason} characters in the description"
            f" (there: {len(reason)}); the author can add it"
        )


def _missing_postmortem(postmortem: str, policy: CouplingOverride) -> Iterator[str]:
    if re.search(policy.postmortem_pattern, postmortem) is None:
        there = f"{postmortem!r} does not match" if postmortem else "there is none; it must match"
        yield f"a line `Postmortem: …` in the description ({there} {policy.postmortem_pattern}); the author can add it"


def _overdue(evidence: Evidence) -> Iterator[str]:
    late = [c for c in evidence.commitments if c.closed_at is None and c.due < evidence.now]
    if len(late) > evidence.policy.override.max_overdue:
        listed = ", ".join(f"{c.id} ({c.postmortem}, due {_day(c.due)})" for c in late)
        yield f"the postmortems of earlier overrides are overdue: {listed}; whoever promised them can close them"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Approvals:
    """Whose approval of the head commit counts, and what is still missing, in words."""

    counted: tuple[str, ...]
    missing: tuple[str, ...]


def approvals_of(case: Case, request: PullRequest, barred: Iterable[str] = ()) -> Approvals:
    """Return the approvals by the override's policy; `barred` may not approve either, as if they had written it."""
    people = _People(case, request, barred)
    return Approvals(people.counted, tuple(people.missing()))


class _People:
    """Who approved, who could, and what is missing."""

    def __init__(self, case: Case, request: PullRequest, barred: Iterable[str] = ()) -> None:
        self._policy = case.policy.override
        self._request = request
        self._head = request.head or case.evidence.head
        self._writers = {_key(name) for name in (request.author, *request.committers, *barred) if name}
        self._owners = _owners(case)
        self._allowed = self._who_may()
        self.approvals = tuple(self._valid())
        self.counted = tuple(user for user in self.approvals if _key(user) in self._allowed)

    def _who_may(self) -> dict[str, str]:
        """Return the people who may approve, by comparable name."""
        named = self._policy.approvers or tuple(name for owners in self._owners for name in owners.owners)
        return {key: user for key, user in self._people(named).items() if key not in self._writers}

    def _people(self, names: Iterable[str]) -> dict[str, str]:
        """Expand teams into their members."""
        teams = {_key(team): members for team, members in self._request.teams.items()}
        users = (user for name in names for user in teams.get(_key(name), (name,)))
        return {_key(user): user.removeprefix("@") for user in users if "/" not in user}

    def _valid(self) -> Iterator[str]:
        """Yield those whose last word is an approval of the head commit: a later push or dismissal takes it back."""
        last: dict[str, Review] = {}
        for review in sorted(self._request.reviews, key=lambda review: review.at):
            if review.state != "commented":
                last[_key(review.user)] = review
        for key, review in last.items():
            is_of_head = review.state == "approved" and review.commit == self._head
            if is_of_head and not review.is_bot and key not in self._writers:
                yield review.user

    def missing(self) -> Iterator[str]:
        """Yield each lack in words, with who could give it."""
        lacking = self._policy.min_approvals - len(self.counted)
        if lacking > 0:
            yield (
                f"{lacking} more {'approval' if lacking == 1 else 'approvals'} of {self._head[:12]}"
                f" ({len(self.counted)} of {self._policy.min_approvals}); {self._who_could(self._allowed.values())}"
            )
        if self._policy.senior:
            yield from self._missing_of("a senior approval", self._policy.senior, 1)
        if self._policy.require_codeowners:
            for owners in self._owners:
                section = f" [{owners.section}]" if owners.section else ""
                yield from self._missing_of(f"the approval of CODEOWNERS{section}", owners.owners, owners.count)

    def _missing_of(self, what: str, names: Sequence[str], count: int) -> Iterator[str]:
        people = self._people(names)
        given = [user for user in self.approvals if _key(user) in people]
        if len(given) < count:
            free = (user for key, user in people.items() if key not in self._writers)
            yield f"{what} ({len(given)} of {count}); {self._who_could(free)}"

    def _who_could(self, users: Iterable[str]) -> str:
        given = {_key(user) for user in self.approvals}
        able = sorted({f"@{user}" for user in users if _key(user) not in given}, key=str.lower)
        if able:
            return f"can be given by {', '.join(able)}"
        return "nobody is left who could give it: name people in [coupling.override] approvers or CODEOWNERS"


def _owners(case: Case) -> tuple[Owners, ...]:
    paths = dict.fromkeys(file.path for file in case.migrations)
    found = (owners for path in paths for owners in owners_of(case.evidence.codeowners, path))
    return tuple(dict.fromkeys(found))


def _key(name: str) -> str:
    """Return a user's name as forges compare it."""
    return name.removeprefix("@").lower()
