"""A check's result as one value: the evidence and the decision, which every output is made from."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from migrator.coupling.case import Case
from migrator.coupling.decision import Decision, Finding, Level, Verdict
from migrator.coupling.evidence import Evidence
from migrator.coupling.parts import first_deploy
from migrator.coupling.split import is_code_first
from migrator.documentation import place_of

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class CouplingReport:
    """What was looked at, and what came of it."""

    evidence: Evidence
    decision: Decision

    @property
    def headline(self) -> str:
        """The verdict in one sentence."""
        return {
            Verdict.PASS: "Nothing that must ship apart ships together.",
            Verdict.FAIL: "This must not ship as it is.",
            Verdict.OVERRIDDEN: "This ships by an override.",
            Verdict.UNKNOWN: "Whether this may ship cannot be told.",
        }[self.decision.verdict]

    @property
    def totals(self) -> str:
        """`12 files: 2 errors, 1 warning.`"""
        found = self.decision.findings
        numbers = {level: sum(f.level is level for f in found) for level in (Level.ERROR, Level.WARNING)}
        parts = [f"{n} {level.value}{'' if n == 1 else 's'}" for level, n in numbers.items()]
        files = len(self.evidence.changes)
        return f"{files} changed file{'' if files == 1 else 's'}: {', '.join(parts)}."

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that split the branch; none when nothing is coupled."""
        return next((finding.commands for finding in self.decision.findings if finding.commands), ())

    @property
    def split_title(self) -> str:
        """What the commands are for."""
        case = Case(self.evidence)
        if (first := first_deploy(case)) is not None:
            return f"Deploy up to {first} first; to prove it clean"
        return f"To split the branch, {'code' if is_code_first(case) else 'schema'} first"

    @property
    def after(self) -> str:
        """What to do when the commands have run."""
        return next((finding.after for finding in self.decision.findings if finding.after), "")

    @property
    def way_out(self) -> str:
        """How both halves ship all the same, for a coupled change that nobody asked to override."""
        is_coupled = self.decision.verdict is Verdict.FAIL and bool(self.commands)
        if not is_coupled or self.decision.override is not None:
            return ""
        label = self.evidence.policy.override.label
        where = place_of("coupling.md", "Overriding")
        return f"If both must ship together, people can take it on: the label {label}, approvals, a reason ({where})."

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the files and commits that were compared."""
        by = self.evidence.listed_by
        listed = f"The changed files are those that {by} lists: this clone is too shallow to compare commits."
        return (*([listed] if by else []), *self.evidence.notes)

    @property
    def deployed(self) -> tuple[str, ...]:
        """The commits that a contract was judged by and where they are known from; none without a contract."""
        evidence = self.evidence
        if not Case(evidence).removed:
            return ()
        told = {running.commit for running in evidence.running}
        return (*map(str, evidence.running), *(commit[:12] for commit in evidence.deployed if commit not in told))

    def override_text(self) -> str:
        """Who let it pass, why, and what they owe; empty without an accepted override."""
        override = self.decision.override
        if self.decision.verdict is not Verdict.OVERRIDDEN or override is None:
            return ""
        return (
            f"Approved by {', '.join(f'@{user}' for user in override.approvers)}: {override.reason}"
            f" Postmortem {override.postmortem}, due {override.due}."
        )


def as_json(report: CouplingReport) -> dict[str, Any]:
    """Return the result as `--format json` prints it, without `schema_version`."""
    evidence, decision = report.evidence, report.decision
    case = Case(evidence)
    return {
        "verdict": decision.verdict.value,
        "scope": evidence.scope.value,
        "mode": evidence.policy.mode,
        "base": evidence.base,
        "head": evidence.head,
        "merge_base": evidence.merge_base,
        "deployed": list(evidence.deployed),
        "deployed_from": [running.model_dump(mode="json") for running in evidence.running],
        "listed_by": evidence.listed_by or None,
        "notes": list(report.notes),
        "files": [_file(case, path.path, path) for path in case.files],
        "findings": [_finding(finding) for finding in decision.findings],
        "override": _override(decision),
        "unknowns": list(decision.unknowns),
        "commands": list(report.commands),
        "evidence": evidence.model_dump(mode="json"),
    }


def _file(case: Case, path: str, file: Any) -> dict[str, Any]:  # noqa: ANN401 case.File
    is_migration = file in case.migrations
    return {
        "path": path,
        "status": file.change.status,
        "old_path": file.change.old_path,
        "class": file.file_class.value,
        "phase": case.phase(file) if is_migration else None,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.level.value,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "class": finding.file_class.value if finding.file_class else None,
        "phase": finding.phase or None,
        "objects": list(finding.objects),
        "message": finding.message,
        "help": finding.help,
        "docs": docs_of(finding.rule, finding.name),
    }


def _override(decision: Decision) -> dict[str, Any] | None:
    override = decision.override
    if override is None:
        return None
    return {
        "accepted": decision.verdict is Verdict.OVERRIDDEN,
        "reason": override.reason,
        "approvers": list(override.approvers),
        "postmortem": override.postmortem,
        "due": override.due,
        "missing": list(override.missing),
    }


def steps_of(finding: Finding) -> tuple[str, ...]:
    """Return what to do, one step per line: the commands, and what follows them; else the help."""
    if not finding.commands:
        return (finding.help,)
    return ("To split the branch:", *finding.commands, *((finding.after,) if finding.after else ()))


def docs_of(code: str, name: str) -> str:
    """Return where the documentation of a rule is."""
    return place_of("coupling.md", f"{code} {name}")


def fingerprints(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield one per finding, in order and all different: of rule, path and objects, never of the line."""
    seen = Counter[str]()
    for finding in findings:
        key = "\0".join((finding.rule, finding.path, *finding.objects))
        seen[key] += 1
        yield hashlib.sha256(f"{key}\0{seen[key]}".encode(errors="surrogateescape")).hexdigest()
