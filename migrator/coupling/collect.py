"""Fills in the evidence from git, the CI's environment, the scan of the code and the forge.

Each source that fails is said in `Evidence.unknowns` with what to do; nothing is assumed in its place. What costs
time is done only when the verdict can depend on it: no migration in the diff, no scan; nothing to override, no API.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from migrator.config.coupling import CouplingSection
from migrator.coupling.changed_migrations import sql_files, taken_back
from migrator.coupling.ci_context import CiContext
from migrator.coupling.classify import classifier_of
from migrator.coupling.commit_files import CommitFiles
from migrator.coupling.ends import Ends, NothingToCompare, ends_of
from migrator.coupling.evidence import Change, Evidence, Part, Scope, Unknown
from migrator.coupling.lasting import lasting_changes
from migrator.coupling.parts import parts_between
from migrator.coupling.policy_files import PolicyFiles
from migrator.coupling.question import Question
from migrator.coupling.rewrites import harmless_rewrites
from migrator.coupling.sniff import sniffed
from migrator.coupling.uses import AskDeployed, Scan, commits, with_deployed, with_references
from migrator.git import FETCH, FileChange, HistoryMissing, Repository

if TYPE_CHECKING:
    from migrator.coupling.forges.listed import ListedRepository  # loads the HTTP client

AskListing = Callable[[Repository, CiContext], "ListedRepository | None"]
"""Asks the forge which files the request changes; None without a token.

Raises HistoryMissing when it does not say."""


def collect(
    repository: Repository,
    question: Question,
    scan: Scan | None = None,
    deploys: AskDeployed | None = None,
    listing: AskListing | None = None,
) -> Evidence:
    """Return the evidence of a check.

    Args:
        repository: the clone that holds both sides.
        question: what to compare.
        scan: reads the code of a commit; without it contracts stay unknown.
        deploys: asked for what runs when a contract waits for it, unless the question names the commits.
        listing: asked for the changed files of a request when the clone lacks history.

    Raises:
        InputError: a ref that was asked for does not exist.
    """
    if question.lost:
        return _unread(question, Unknown(topic="diff", text=question.lost))
    try:
        ends = ends_of(repository, question)
    except NothingToCompare as exc:
        return _unread(question, Unknown(topic="diff", text=str(exc)))
    except HistoryMissing as exc:
        unknown = _missing(question, exc)
        if listing is None or not _is_of_request(question):
            return _unread(question, unknown)
        return _from_forge(repository, question, unknown, listing, (scan, deploys))
    try:
        return _with_uses(repository, question, _compared(repository, question, ends), (scan, deploys))
    except HistoryMissing as exc:
        return _unread(question, _missing(question, exc))


def _missing(question: Question, exc: HistoryMissing) -> Unknown:
    todo = question.ci.fix if exc.todo == FETCH else exc.todo
    return Unknown(topic="diff", text=f"{exc.situation} {todo}")


_Asked = tuple[Scan | None, AskDeployed | None]


def _is_of_request(question: Question) -> bool:
    """Whether the question is for one pull request that CI names, and nothing else."""
    by_hand = question.base or question.head or question.range
    return question.ci.scope is Scope.PULL_REQUEST and question.ci.number is not None and not by_hand


def _from_forge(
    clone: Repository, question: Question, missing: Unknown, listing: AskListing, asked: _Asked
) -> Evidence:
    """Return the evidence with the forge's list of files; what needs the code of a whole commit stays unknown."""
    try:
        found = listing(clone, question.ci)
        if found is None:
            return _unread(question, missing)
        listed = found.listing
        running = commits([(clone.commit(ref), "option") for ref in question.deployed])
        running = running or commits([(listed.base, "base")])
        ends = Ends(Scope.PULL_REQUEST, listed.base, listed.head, listed.merge_base, running)
        evidence = _compared(found, question, ends).model_copy(update={"listed_by": listed.name})
    except HistoryMissing as exc:
        text = " ".join(filter(None, (missing.text, exc.situation, exc.todo)))
        return _unread(question, Unknown(topic="diff", text=text))
    try:
        return _with_uses(found, question, evidence, asked)
    except HistoryMissing as exc:
        unknown = Unknown(topic="references", text=f"{exc.situation} {question.ci.fix}")
        return evidence.model_copy(update={"unknowns": (*evidence.unknowns, unknown)})


def _with_uses(repository: Repository, question: Question, evidence: Evidence, asked: _Asked) -> Evidence:
    """Return the evidence with what runs, and with the uses of what it is about."""
    scan, deploys = asked
    if deploys is not None and not question.deployed:
        evidence = with_deployed(repository, evidence, deploys)
    return evidence if scan is None else with_references(repository, evidence, scan)


def _compared(repository: Repository, question: Question, ends: Ends) -> Evidence:
    """Return the evidence of what differs."""
    base, before, after = (CommitFiles(repository, commit) for commit in (ends.base, ends.merge_base, ends.head))
    rules = PolicyFiles(question.configuration)
    base.load(rules.paths)
    policy, doubts = rules.policy(base, question.mode)
    found = lasting_changes(repository, ends.base, ends.merge_base, ends.head)
    classifier = classifier_of(policy)
    ddl = sniffed(repository, found, classifier) if policy.sniff_ddl else {}
    rewrites = harmless_rewrites(repository, ends.merge_base, found, classifier)
    changes = tuple(
        _change(change, {**ddl.get(change.path, {}), "rewrite": rewrites.get(change.path)}) for change in found
    )
    lost, unread = taken_back(repository, ends, classifier, question.pg_version) if ends.goes_back else ((), ())
    return Evidence(
        scope=ends.scope,
        now=question.now,
        base=ends.base,
        head=ends.head,
        merge_base=ends.merge_base,
        deployed=tuple(dict.fromkeys(each.commit for each in ends.running)),
        running=ends.running,
        policy=policy,
        policy_changes=rules.changed(found, (before, after), question.pg_version),
        changes=changes,
        parts=_parts(repository, question, ends),
        is_queue=ends.scope is Scope.RELEASE and question.ci.is_queue and not question.range,
        sql_files=tuple(sql_files(changes, classifier, (before, after), question.pg_version)),
        taken_back=lost,
        codeowners=rules.codeowners(base),
        notes=ends.notes,
        unknowns=(*doubts, *unread),
    )


def _parts(repository: Repository, question: Question, ends: Ends) -> tuple[Part, ...]:
    """Return the commits of a release; a queue's newest one is the pull request that its branch is named after."""
    if ends.scope is not Scope.RELEASE:
        return ()
    is_queue = question.ci.is_queue and not question.range
    return parts_between(repository, ends.merge_base, ends.head, question.ci.number if is_queue else None)


def _unread(question: Question, unknown: Unknown) -> Evidence:
    """Return evidence that says only that there is none."""
    first, _, last = question.range.partition("..")
    base, head = first or question.base or question.ci.base, last or question.head or question.ci.head
    return Evidence(
        scope=Scope.RELEASE if question.range else question.ci.scope,
        now=question.now,
        base=base,
        head=head,
        merge_base="",
        policy=CouplingSection(),
        unknowns=(unknown,),
    )


def _change(change: FileChange, ddl: Mapping[str, Any]) -> Change:
    return Change.model_validate(
        {
            "path": change.path,
            "status": change.status,
            "old_path": change.old_path,
            "line": change.line,
            "is_submodule": change.is_submodule,
            "was_on_base": change.status not in {"added", "copied"},
            **ddl,
        }
    )
