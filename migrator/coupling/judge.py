"""The verdict: a pure function of the evidence.

`fail` wins over `unknown`, and `unknown` never passes. An override turns `fail` into `overridden` only when nothing
of it is missing; the findings stay, as errors that were accepted.
"""

import pkgutil
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from migrator.coupling import rules
from migrator.coupling.case import Case
from migrator.coupling.coupling import needs_references
from migrator.coupling.decision import Decision, Finding, Level, Override, Verdict
from migrator.coupling.evidence import Evidence
from migrator.coupling.override import evaluate_override
from migrator.coupling.rules import override_invalid
from migrator.outputs import visible


class Rule(Protocol):
    """A module of `coupling/rules`."""

    CODE: str
    NAME: str
    LEVEL: Level
    __doc__: str | None

    def check(self, case: Case) -> Iterable[Finding]:
        """Yield what the rule finds."""
        ...


@cache
def discover() -> dict[str, Rule]:
    """Return every rule by its id, in the order of the ids; adding a file adds a rule."""
    names = (found.name for found in pkgutil.iter_modules(rules.__path__))
    modules = (import_module(f"{rules.__name__}.{name}") for name in names)
    found = {module.CODE: cast(Rule, module) for module in modules}
    return dict(sorted(found.items()))


def judge(evidence: Evidence) -> Decision:
    """Return the verdict with its findings, worst first."""
    case = Case(evidence)
    findings = [_shown(finding) for rule in discover().values() for finding in rule.check(case)]
    has_errors = any(f.level is Level.ERROR and f.rule != override_invalid.CODE for f in findings)
    if not has_errors:
        findings = [finding for finding in findings if finding.rule != override_invalid.CODE]
    override = evaluate_override(case) if has_errors else None
    doubts = tuple(_doubts(case))
    verdict = _verdict(has_errors=has_errors, override=override, doubts=doubts)
    order = list(Level)
    findings.sort(key=lambda f: (order.index(f.level), f.rule, f.path, f.line))
    return Decision(verdict, tuple(findings), override, doubts)


def _shown(finding: Finding) -> Finding:
    """Return the finding with texts of one line, whatever the names of files in them hold."""
    return replace(finding, message=visible(finding.message), help=visible(finding.help))


def _verdict(*, has_errors: bool, override: Override | None, doubts: tuple[str, ...]) -> Verdict:
    if has_errors:
        is_accepted = override is not None and override.is_accepted and not doubts
        return Verdict.OVERRIDDEN if is_accepted else Verdict.FAIL
    return Verdict.UNKNOWN if doubts else Verdict.PASS


def _doubts(case: Case) -> Iterable[str]:
    """Yield what could not be found out and matters here."""
    asked = {"diff", "policy"}
    if case.removed or case.taken_back or needs_references(case):
        asked.add("references")
        if case.evidence.head not in case.evidence.scanned:
            yield f"The code at {case.evidence.head[:12]} was not searched for what the migrations change."
    if case.removed:
        asked.add("deployed")
        is_asked = any(unknown.topic == "deployed" for unknown in case.evidence.unknowns)
        if not case.evidence.deployed and not is_asked:
            yield "Nobody knows which commit is deployed: give --deployed, or record deploys."
        unread = [commit for commit in case.evidence.deployed if commit not in case.evidence.scanned]
        yield from (
            f"The deployed code {commit[:12]} was not searched for what the contract removes." for commit in unread
        )
    yield from (unknown.text for unknown in case.evidence.unknowns if unknown.topic in asked)
