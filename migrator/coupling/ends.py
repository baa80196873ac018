"""The commits that a check compares, and how they stand to each other: a range that is empty or goes back says so."""

from dataclasses import dataclass

from migrator.coupling.ci_context import CiContext
from migrator.coupling.evidence import Running, Scope
from migrator.coupling.question import Question
from migrator.coupling.uses import commits
from migrator.errors import InputError
from migrator.git import FETCH, HistoryMissing, Repository

NAME_IT = "Give --base or --range, or run `git remote set-head origin --auto` before the check."
"""What helps a job that names no branch to compare with."""
_SET_HEAD = "Name the branch that this goes to: --base REF. Or let git find it: git remote set-head origin --auto."
_SAME = "{base} and {head} are the same commit: {nothing}, and nothing was compared. Only what is committed counts."
_INSIDE = (
    "{base} has all of {head}: there is nothing to merge, and nothing was compared. Only what is committed counts."
    " Or are the ends swapped?"
)
_BACK = (
    "{head} {back} {base}: it goes back. Its code was compared with what the migrations that it lacks removed."
    " If the ends are swapped, name the deployed commit first."
)


class NothingToCompare(InputError):
    """The CI names no earlier commit, and what the base was taken for has all of the head."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of a check, and the commit from which they went apart."""

    scope: Scope
    base: str
    head: str
    merge_base: str
    running: tuple[Running, ...]
    notes: tuple[str, ...] = ()
    """What a reader must know of them: nothing to compare, a way back, a base that nobody named."""
    goes_back: bool = False
    """Whether the head lacks commits of what is deployed."""


def ends_of(repository: Repository, question: Question) -> Ends:
    """Return the commits. Without word of a deploy the base is what runs: nothing newer can be deployed.

    Raises:
        HistoryMissing: the clone lacks them.
        NothingToCompare: CI names no base, and the default branch has all of the head.
        InputError: a ref that was asked for does not exist.
    """
    first, mark, last = question.range.partition("..")
    is_range, ci = bool(mark), question.ci
    asked = (first, last.removeprefix(".") or "HEAD") if is_range else (question.base, question.head)
    base, head = _commit(repository, asked[0], ci, ci.base), _commit(repository, asked[1], ci, ci.head)
    named = commits([(repository.commit(ref), "option") for ref in question.deployed])
    scope = Scope.RELEASE if is_range else Scope.PULL_REQUEST if any(asked) else ci.scope
    merge_base = repository.merge_base(base, head)
    guess = "" if asked[0] else ci.guess
    is_deploy = scope is Scope.RELEASE and not guess and not (ci.is_queue and not is_range)
    goes_back = is_deploy and merge_base != base
    names = _named(asked[0] or ci.base, base), _named(asked[1] or ci.head, head)
    if guess:
        notes = _guessed(ci, names, is_inside=merge_base == head)
    else:
        notes = _standing(names, (base, head, merge_base), scope, is_deploy=is_deploy)
    running = named or commits([(base, "range" if is_range else "base")])
    return Ends(scope, base, head, merge_base, running, notes, goes_back)


def _commit(repository: Repository, asked: str, ci: CiContext, named: str) -> str:
    """Return the commit that was asked for, or that CI names; what CI names and did not fetch, nobody mistyped."""
    try:
        return repository.commit(asked or named)
    except HistoryMissing:
        raise
    except InputError as exc:
        if asked or ci.name == "local":
            raise InputError(exc.situation, _SET_HEAD if named == "origin/HEAD" and not asked else exc.todo) from exc
        if named == "origin/HEAD":
            text = "This CI job names no branch to compare with, and its clone has no origin/HEAD."
            raise HistoryMissing(text, NAME_IT) from exc
        raise HistoryMissing(f"{exc.situation} The CI job names it and has not fetched it.", FETCH) from exc


def _named(ref: str, commit: str) -> str:
    return commit[:12] if commit.startswith(ref) else f"{ref} ({commit[:12]})"


def _guessed(ci: CiContext, names: tuple[str, str], *, is_inside: bool) -> tuple[str, ...]:
    base, head = names
    if is_inside:
        raise NothingToCompare(
            f"{ci.guess} {base} has all of {head}, so that nothing could be compared.",
            f'Say in this job what was deployed before: --range "{ci.previous}..HEAD".',
        )
    return (f"{ci.guess} It is compared with {base}.",)


def _standing(
    names: tuple[str, str], commits_: tuple[str, str, str], scope: Scope, *, is_deploy: bool
) -> tuple[str, ...]:
    """Return what is odd about two commits that were named; nothing where the head follows the base."""
    (base, head), (first, last, merge_base) = names, commits_
    if first == last:
        nothing = "nothing ships" if scope is Scope.RELEASE else "there is nothing to merge"
        return (_SAME.format(base=base, head=head, nothing=nothing),)
    if is_deploy and merge_base != first:
        back = "is older than" if merge_base == last else "lacks commits of"
        return (_BACK.format(base=base, head=head, back=back),)
    return (_INSIDE.format(base=base, head=head),) if merge_base == last else ()
