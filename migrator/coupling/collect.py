"""Fills in the evidence from git, the CI's environment, the scan of the code and the forge.

Each source that fails is said in `Evidence.unknowns` with what to do; nothing is assumed in its place. What costs
time is done only when the verdict can depend on it: no migration in the diff, no scan; nothing to override, no API.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from migrator.config.coupling import CouplingSection
from migrator.coupling.ci import CiContext
from migrator.coupling.classify import Classifier, classifier_of
from migrator.coupling.commit_files import CommitFiles
from migrator.coupling.evidence import (
    Change,
    Evidence,
    FileClass,
    Part,
    Running,
    Scope,
    SqlFile,
    Unknown,
)
from migrator.coupling.lasting import lasting_changes, through_links
from migrator.coupling.parts import parts_between
from migrator.coupling.policy_files import PolicyFiles
from migrator.coupling.rewrites import harmless_rewrites
from migrator.coupling.sniff import sniffed
from migrator.coupling.uses import AskDeployed, Scan, commits, with_deployed, with_references
from migrator.errors import InputError
from migrator.git import FileChange, HistoryMissing, Repository

if TYPE_CHECKING:
    from migrator.coupling.forges.listed import ListedRepository  # loads the HTTP client

_NAME_IT = "Give --base or --range."
"""What no history helps with."""
AskListing = Callable[[Repository, CiContext], "ListedRepository | None"]
"""Asks the forge which files the request changes; None without a token.

Raises HistoryMissing when it does not say."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the options of `coupling check` over what the CI says."""

    ci: CiContext
    now: datetime
    base: str = ""
    head: str = ""
    range: str = ""
    """`DEPLOYED..CANDIDATE`."""
    deployed: tuple[str, ...] = ()
    mode: Literal["strict", "phase-aware"] | None = None
    """Only `strict` is taken from here: an option must not loosen the policy of the base."""
    lost: str = ""
    """Why the deployed end of the range is not known, with what to do."""
    configuration: str = ""
    """The configuration file's path from the repository's top; empty: the usual names there."""
    pg_version: Callable[[], int] = lambda: 17
    """Reads the whole configuration as it stands here: asked for only when there is SQL to judge, or it changed."""


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
        ends = _ends(repository, question)
    except HistoryMissing as exc:
        todo = exc.todo if exc.todo == _NAME_IT else question.ci.fix
        unknown = Unknown(topic="diff", text=f"{exc.situation} {todo}")
        if listing is None or not _is_of_request(question):
            return _unread(question, unknown)
        return _from_forge(repository, question, unknown, listing, (scan, deploys))
    return _with_uses(repository, question, _compared(repository, question, ends), (scan, deploys))


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
        ends = _Ends(Scope.PULL_REQUEST, listed.base, listed.head, listed.merge_base, running)
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


def _compared(repository: Repository, question: Question, ends: "_Ends") -> Evidence:
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
        sql_files=tuple(_sql_files(changes, classifier, (before, after), question)),
        codeowners=rules.codeowners(base),
        unknowns=tuple(doubts),
    )


@dataclass(frozen=True, slots=True)
class _Ends:
    scope: Scope
    base: str
    head: str
    merge_base: str
    running: tuple[Running, ...]


def _ends(repository: Repository, question: Question) -> _Ends:
    """Return the commits. Without word of a deploy the base is what runs: nothing newer can be deployed."""
    first, mark, last = question.range.partition("..")
    is_range = bool(mark)
    base = _commit(repository, first if is_range else question.base, question.ci, question.ci.base)
    candidate = (last.removeprefix(".") or "HEAD") if is_range else question.head
    head = _commit(repository, candidate, question.ci, question.ci.head)
    named = commits([(repository.commit(ref), "option") for ref in question.deployed])
    running = named or commits([(base, "range" if is_range else "base")])
    asked_by_hand = question.base or question.head
    scope = Scope.RELEASE if is_range else Scope.PULL_REQUEST if asked_by_hand else question.ci.scope
    return _Ends(scope, base, head, repository.merge_base(base, head), running)


def _commit(repository: Repository, asked: str, ci: CiContext, named: str) -> str:
    """Return the commit that was asked for, or that CI names; what CI names and did not fetch, nobody mistyped."""
    try:
        return repository.commit(asked or named)
    except HistoryMissing:
        raise
    except InputError as exc:
        if asked or ci.name == "local":
            todo = "Correct the name, or fetch it." if asked else "Name the branch that this goes to: --base REF."
            raise InputError(exc.situation, todo) from exc
        if named == "origin/HEAD":
            text = "This CI job names no branch to compare with, and its clone has no origin/HEAD."
            raise HistoryMissing(text, _NAME_IT) from exc
        raise HistoryMissing(f"{exc.situation} The CI job names it and has not fetched it.") from exc


def _parts(repository: Repository, question: Question, ends: _Ends) -> tuple[Part, ...]:
    """Return the commits of a release; a queue's newest one is the pull request that its branch is named after."""
    if ends.scope is not Scope.RELEASE:
        return ()
    is_queue = question.ci.is_queue and not question.range
    return parts_between(repository, ends.merge_base, ends.head, question.ci.number if is_queue else None)


def _unread(question: Question, unknown: Unknown) -> Evidence:
    """Return evidence that says only that there is none."""
    base, head = question.base or question.ci.base, question.head or question.ci.head
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


def _sql_files(
    changes: Sequence[Change], classifier: Classifier, sides: tuple[CommitFiles, CommitFiles], question: Question
) -> Iterator[SqlFile]:
    """Yield what the changed migrations do; a deleted one does nothing any more."""
    before, after = sides
    migrations = [c for c in changes if classifier.file_class(c.path) is FileClass.MIGRATION]
    if not migrations:
        return
    from migrator.coupling.frameworks import read_framework_file  # both load the parser
    from migrator.coupling.sql_files import read_sql_file

    pg_version = question.pg_version()
    present = [change for change in migrations if change.status != "deleted"]
    before.load(change.path for change in present if change.path.endswith(".toml"))
    after.load(path for change in present for path in _with_its_folder(change.path))
    read = through_links(after.text)
    for change in present:
        if change.path.endswith(".sql") or PurePosixPath(change.path).name == "migration.toml":
            yield read_sql_file(change.path, read, pg_version, before.text)
        elif (file := read_framework_file(change.path, read)) is not None:
            yield file


def _with_its_folder(path: str) -> tuple[str, ...]:
    """Return a migration file and those beside it that tell its phase and its deadline."""
    folder = PurePosixPath(path).parent
    beside = ("migration.toml", "expand.sql", "contract.sql") if path.endswith((".sql", ".toml")) else ()
    return (path, *(str(folder / name) for name in beside))
