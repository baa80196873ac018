"""The coupling check from end to end: collect, judge, and ask the forge only when there is something to override."""

from collections.abc import Callable

from migrator.coupling.ci import CiContext
from migrator.coupling.collect import AskListing, Question, collect
from migrator.coupling.decision import Verdict
from migrator.coupling.evidence import Commitment, Evidence, Part, PullRequest, Unknown
from migrator.coupling.judge import judge
from migrator.coupling.report import CouplingReport
from migrator.coupling.uses import AskDeployed, Scan
from migrator.git import Repository, trailers_of

Asked = tuple[tuple[PullRequest, ...], tuple[Unknown, ...]]
AskForge = Callable[[Repository, Evidence, CiContext], Asked]
"""Asks the forge for labels, reviews and the members of teams; what it could not learn is unknown.

Of a pull request it returns that one, of a release those that bring what is not clean.
"""
AskParts = Callable[[Evidence, CiContext], tuple[Part, ...]]
"""Asks the forge which pull requests the commits of a release are."""
Promises = tuple[tuple[Commitment, ...], tuple[Unknown, ...]]
AskLedger = Callable[[], Promises]
"""Reads the promises of earlier overrides."""


def check(
    repository: Repository,
    question: Question,
    *,
    scan: Scan | None = None,
    forge: AskForge | None = None,
    ledger: AskLedger | None = None,
    deploys: AskDeployed | None = None,
    listing: AskListing | None = None,
    parts: AskParts | None = None,
) -> CouplingReport:
    """Return the result of one check.

    Args:
        repository: the clone that holds both sides.
        question: what to compare.
        scan: reads the code of a commit.
        forge: asked for approvals; without it only what the CI's environment says is known.
        ledger: the promises of earlier overrides; without it there are none.
        deploys: the commits that run; without it those that the question names, or the base.
        listing: asked for the changed files of a request when the clone is too shallow to compare.
        parts: asked which pull requests a release has, where that matters.

    Raises:
        InputError: a ref that was asked for does not exist.
    """
    evidence = collect(repository, question, scan, deploys, listing)
    if judge(evidence).verdict is Verdict.FAIL and evidence.merge_base:
        if parts is not None and evidence.parts:
            evidence = evidence.model_copy(update={"parts": parts(evidence, question.ci)})
        requests, unknowns = (forge or from_environment)(repository, evidence, question.ci)
        commitments, more = ledger() if ledger is not None else ((), ())
        update = {
            **({"batch": requests} if evidence.parts else {"pull_request": requests[0]}),
            "commitments": commitments,
            "unknowns": (*evidence.unknowns, *unknowns, *more),
        }
        evidence = evidence.model_copy(update=update)
    return CouplingReport(evidence, judge(evidence))


def from_environment(repository: Repository, evidence: Evidence, ci: CiContext) -> Asked:
    """Return what the CI's environment and the head commit say; they know of no reviews."""
    message = repository.log(f"{evidence.head}^!", "%B")
    trailers = {key.lower(): value for key, value in trailers_of(message)}
    request = PullRequest(
        forge=ci.forge,
        number=ci.number,
        author=ci.author,
        labels=ci.labels,
        body=ci.body,
        trailers=trailers,
    )
    text = (
        "approvals: the forge was not asked for reviews; give a token in MIGRATOR_TOKEN, GITHUB_TOKEN or GITLAB_TOKEN"
    )
    return (request,), (Unknown(topic="reviews", text=text),)
