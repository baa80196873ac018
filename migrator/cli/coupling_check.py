"""One `coupling check`: options and CI's environment → question → report → outputs and exit code."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from migrator.cli.exits import FINDINGS, NOT_YET
from migrator.errors import InputError

if TYPE_CHECKING:
    from migrator.cli.context import Session
    from migrator.clock import Clock
    from migrator.coupling.case import Case
    from migrator.coupling.check import Asked, AskForge, AskLedger, AskParts, Promises
    from migrator.coupling.ci import CiContext
    from migrator.coupling.collect import AskListing, Question
    from migrator.coupling.evidence import Evidence, Part
    from migrator.coupling.forges.listed import ListedRepository
    from migrator.coupling.report import CouplingReport
    from migrator.coupling.uses import AskDeployed, Deployed, Scan
    from migrator.git import Repository
    from migrator.references.scan import Scanned


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """The options of `migrator coupling check`, by their names."""

    base: str | None
    head: str | None
    range_: str | None
    deployed: tuple[str, ...]
    evidence: str | None
    mode: Literal["strict"] | None
    forge: str
    comment: bool
    output: tuple[str, ...]


def run_check(session: "Session", options: CheckOptions) -> int:
    """Print the result and return the exit code: 0 pass or overridden, 1 fail, 3 unknown."""
    from migrator.coupling.decision import Verdict
    from migrator.coupling.outputs import COUPLING

    outputs = COUPLING.read(options.output, session.format)
    report = _report(session, options)
    COUPLING.announce(report, outputs)
    COUPLING.write(report, outputs)
    return {Verdict.FAIL: FINDINGS, Verdict.UNKNOWN: NOT_YET}.get(report.decision.verdict, 0)


def _report(session: "Session", options: CheckOptions) -> "CouplingReport":
    from migrator.coupling.evidence import read_evidence
    from migrator.coupling.judge import judge
    from migrator.coupling.report import CouplingReport

    if options.evidence is not None:
        _refuse_with_evidence(options)
        evidence = read_evidence(Path(options.evidence))
        return CouplingReport(evidence, judge(evidence))
    return _checked(session, options)


def _refuse_with_evidence(options: CheckOptions) -> None:
    if options.base or options.head or options.range_ or options.deployed or options.mode:
        raise InputError("--evidence says everything by itself.", "Leave --base, --head, --range and the like out.")


def _checked(session: "Session", options: CheckOptions) -> "CouplingReport":
    from migrator.clock import SystemClock
    from migrator.coupling.check import check
    from migrator.coupling.ci import read_ci
    from migrator.git import Repository

    repository, ci = Repository(Path.cwd()), read_ci(os.environ)
    question = _question(session, options, repository, ci)
    clock = SystemClock()
    report = check(
        repository,
        question,
        scan=_scanning(session, question),
        forge=_asking(clock) if options.forge == "auto" else None,
        ledger=_ledger(session) if session.has_dsn else None,
        deploys=_deploys(session) if session.has_dsn else None,
        listing=_listing(clock) if options.forge == "auto" else None,
        parts=_naming(clock) if options.forge == "auto" else None,
    )
    _record(session, report, ci)
    if options.comment:
        _comment(session, report, ci, clock)
    return report


def _scanning(session: "Session", question: "Question") -> "Scan":
    """Return the function that reads code, which loads the scanners only when it is called."""

    def scan(repository: "Repository", commit: str, case: "Case") -> "Scanned":
        from migrator.coupling.scanning import scanning

        return scanning(session.settings.migrations, question.now.date())(repository, commit, case)

    return scan


def _ledger(session: "Session") -> "AskLedger":
    """Return the function that reads the promises of earlier overrides, which loads a driver only when called."""

    def read() -> "Promises":
        from migrator.coupling.ledger import reading

        return reading(session.dsn(), session.actor)()

    return read


def _deploys(session: "Session") -> "AskDeployed":
    """Return the function that asks the database what runs, which loads a driver only when called."""

    def ask(repository: "Repository", case: "Case") -> "Deployed":
        from migrator.coupling.deployed import recorded

        return recorded(session.dsn)(repository, case)

    return ask


def _record(session: "Session", report: "CouplingReport", ci: "CiContext") -> None:
    """Write the promise of an accepted override; without a database it stands in the CI's record only."""
    from migrator.coupling.decision import Verdict

    if report.decision.verdict is not Verdict.OVERRIDDEN:
        return
    if not session.has_dsn:
        session.tell("The override is in no ledger: give --dsn of a database with the schema migrator.")
        return
    from migrator.coupling.ledger import record

    record(session.dsn(), session.actor, report, ci.repository or "local")
    session.tell_tip(session.audit_tip())


def _asking(clock: "Clock") -> "AskForge":
    """Return the function that asks the forge, which loads an HTTP client only when it is called."""

    def ask(repository: "Repository", evidence: "Evidence", ci: "CiContext") -> "Asked":
        from migrator.coupling.check import from_environment
        from migrator.coupling.forges.found import find_forges

        forge_of = find_forges(ci, os.environ, clock)
        if forge_of is None or (ci.number is None and not evidence.parts):
            return from_environment(repository, evidence, ci)
        from migrator.coupling.forges.forge import asking

        return asking(forge_of)(repository, evidence, ci)

    return ask


def _listing(clock: "Clock") -> "AskListing":
    """Return the function that asks the forge for the changed files, which loads an HTTP client only when called."""

    def ask(repository: "Repository", ci: "CiContext") -> "ListedRepository | None":
        from migrator.coupling.forges.found import find_forge

        forge = find_forge(ci, os.environ, clock)
        if forge is None:
            return None
        from migrator.coupling.forges.listed import listed

        return listed(forge, repository, ci)

    return ask


def _naming(clock: "Clock") -> "AskParts":
    """Return the function that asks the forge for pull requests, which loads an HTTP client only when called."""

    def ask(evidence: "Evidence", ci: "CiContext") -> "tuple[Part, ...]":
        from migrator.coupling.forges.found import find_forges

        forge_of = find_forges(ci, os.environ, clock)
        if forge_of is None:
            return evidence.parts
        from migrator.coupling.forges.queue import naming

        return naming(forge_of)(evidence, ci)

    return ask


def _comment(session: "Session", report: "CouplingReport", ci: "CiContext", clock: "Clock") -> None:
    """Renew the comment; a forge that refuses it, as for a fork's token, does not change the verdict."""
    from migrator.coupling.forges.found import find_forge
    from migrator.coupling.outputs import COUPLING
    from migrator.coupling.reports.markdown import MARKER

    forge = find_forge(ci, os.environ, clock)
    if forge is None:
        session.tell("No comment: there is no pull request, or no token for its forge.")
        return
    from migrator.http import HttpFailed

    text = COUPLING.render(report, "markdown") if report.decision.findings or report.decision.unknowns else None
    try:
        forge.comment(MARKER, text)
    except HttpFailed as exc:
        session.tell(f"No comment: {exc}")


def _question(session: "Session", options: CheckOptions, repository: "Repository", ci: "CiContext") -> "Question":
    from migrator.clock import SystemClock
    from migrator.coupling.collect import Question

    if options.range_ and (options.base or options.head):
        raise InputError("--range names both ends.", "Leave --base and --head out.")
    range_, lost = _range(session, options.range_, repository)
    return Question(
        ci=ci,
        now=SystemClock().now(),
        base=options.base or "",
        head=options.head or "",
        range=range_,
        lost=lost,
        deployed=options.deployed,
        mode=options.mode,
        configuration=_inside(session.configuration, repository.top),
        pg_version=lambda: session.settings.pg_version,
    )


def _range(session: "Session", text: str | None, repository: "Repository") -> tuple[str, str]:
    """Return the range, whose left end the database knows when it was left out, and why that is not known."""
    if text is None:
        return "", ""
    first, mark, last = text.partition("..")
    if not mark:
        raise InputError(f"{text!r} is no range.", "Write --range DEPLOYED..CANDIDATE.")
    if first:
        return text, ""
    if not session.has_dsn:
        todo = "Give --dsn of a database with deploys, or write --range DEPLOYED..CANDIDATE."
        raise InputError("--range without its left end asks the database what is deployed, and none is named.", todo)
    from migrator.coupling.deployed import deployed_end

    commit, lost = deployed_end(session.dsn, repository)
    return f"{commit}..{last}", lost


def _inside(file: Path | None, top: Path) -> str:
    """Return the configuration file's path from the repository's top; empty when it stands outside."""
    resolved = file.resolve() if file else None
    return resolved.relative_to(top).as_posix() if resolved and resolved.is_relative_to(top) else ""
