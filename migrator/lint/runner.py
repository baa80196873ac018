"""Runs every rule over every file, once parsed, and applies the suppressions."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from migrator.lint.context import FileContext, read_steps
from migrator.lint.finding import Claim, Finding
from migrator.lint.rule import all_rules
from migrator.lint.source import Source, read_source
from migrator.lint.suppression import Suppression

_JUDGES_SUPPRESSIONS = frozenset({"invalid-suppression", "unused-suppression"})
"""Rules about the comments themselves, which no comment can suppress."""


@dataclass(frozen=True, slots=True)
class LintReport:
    """All findings in the order of the files and lines, and how much was understood."""

    findings: tuple[Finding, ...]
    files: int
    statements: int
    not_understood: int
    """Statements that are opaque, and parts that are not SQL."""

    @property
    def errors(self) -> int:
        """How many findings fail CI."""
        return sum(finding.is_error for finding in self.findings)


def lint(sources: Iterable[Source], pg_version: int) -> LintReport:
    """Lint the sources as for a server of that major version."""
    library = _Library(pg_version)
    findings: list[Finding] = []
    count = Counter[str]()
    for source in sources:
        file = library.file(source)
        findings += _findings(file)
        count["files"] += 1
        count["statements"] += len(file.steps) + len(file.problems)
        count["opaque"] += sum(step.effects.is_opaque for step in file.steps) + len(file.problems)
    return LintReport(tuple(findings), count["files"], count["statements"], count["opaque"])


class _Library:
    """The files of the folder at hand, each parsed once, also when a sibling asks for it."""

    def __init__(self, pg_version: int) -> None:
        self._pg_version = pg_version
        self._folder = Path()
        self._files: dict[str, FileContext] = {}
        self._known_rules = frozenset(all_rules()) - _JUDGES_SUPPRESSIONS

    def file(self, source: Source) -> FileContext:
        """Return the source, understood."""
        path = Path(os.path.abspath(source.path))  # noqa: PTH100 links keep their own name
        if path.parent != self._folder:
            self._folder, self._files = path.parent, {}
        known = self._files.get(path.name)
        if known is None or known.source.text != source.text:
            known = self._read(source)
        self._files[path.name] = replace(known, source=source)  # a sibling was read by another form of its path
        return self._files[path.name]

    def _read(self, source: Source) -> FileContext:
        steps, problems = read_steps(source.text, self._pg_version)
        return FileContext(source, self._pg_version, steps, problems, self._known_rules, self._sibling)

    def _sibling(self, name: str) -> FileContext | None:
        file = self._folder / f"{name}.sql"
        if file.name in self._files:
            return self._files[file.name]
        return self.file(read_source(file)) if file.is_file() else None


def _findings(file: FileContext) -> list[Finding]:
    found = [(rule.id, claim) for rule in all_rules().values() for claim in rule.check(file)]
    kept, unused = _suppress(file, found)
    if unused:
        judge = all_rules()["unused-suppression"]
        kept += [(judge.id, claim) for claim in judge.check(replace(file, unused=unused))]
    kept.sort(key=lambda pair: (pair[1].line, pair[0]))
    lines = file.source.text.split("\n")
    return [Finding(rule, file.source.path, claim, lines[claim.line - 1].rstrip()) for rule, claim in kept]


_Claims = list[tuple[str, Claim]]


def _suppress(file: FileContext, found: _Claims) -> tuple[_Claims, tuple[Suppression, ...]]:
    """Take away what a reasoned suppression allows; return what is left, and the suppressions without effect."""
    valid = tuple(_valid(file))
    claimed = {(rule, claim.step) for rule, claim in found if claim.step is not None}
    allowed = {(s.rule, s.statement) for s in valid}
    kept = [(rule, claim) for rule, claim in found if claim.step is None or (rule, claim.step) not in allowed]
    return kept, tuple(s for s in valid if (s.rule, s.statement) not in claimed)


def _valid(file: FileContext) -> Iterator[Suppression]:
    for suppression in file.suppressions:
        if suppression.verb == "allow" and suppression.rule in file.known_rules and suppression.reason:
            yield suppression
