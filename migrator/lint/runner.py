"""Runs every rule over every file, once parsed, and applies the suppressions."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from migrator.lint.context import PHASES_BEFORE, FileContext
from migrator.lint.finding import Claim, Finding
from migrator.lint.reading import Reading, read_steps
from migrator.lint.rule import Rule, all_rules
from migrator.lint.source import Source, read_source
from migrator.lint.suppression import VERBS, Suppression
from migrator.schema.model import Schema
from migrator.statements.statement import Span

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
        reading = Reading(self._pg_version, self._schema_before(Path(source.path).stem))
        steps, problems = read_steps(source.text, reading)
        return FileContext(source, reading, steps, problems, self._known_rules, self._sibling)

    def _schema_before(self, phase: str) -> Schema:
        """Return the schema that the earlier files of the same migration leave behind."""
        for name in reversed(PHASES_BEFORE.get(phase, ())):
            if (file := self._sibling(name)) is not None:
                return file.schema_after
        return Schema()

    def _sibling(self, name: str) -> FileContext | None:
        file = self._folder / f"{name}.sql"
        if file.name in self._files:
            return self._files[file.name]
        return self.file(read_source(file)) if file.is_file() else None


def _findings(file: FileContext) -> list[Finding]:
    found = [(rule, claim) for rule in all_rules().values() if rule.is_default for claim in rule.check(file)]
    kept, unused = _suppress(file, found)
    if unused:
        judge = all_rules()["unused-suppression"]
        kept += [(judge, claim) for claim in judge.check(replace(file, unused=unused))]
    kept.sort(key=lambda pair: (pair[1].line, pair[0].id))
    lines = file.source.text.split("\n")
    return [_finding(file, rule, claim, lines) for rule, claim in kept]


_Claims = list[tuple[Rule, Claim]]


def _suppress(file: FileContext, found: _Claims) -> tuple[_Claims, tuple[Suppression, ...]]:
    """Take away what a reasoned suppression allows; return what is left, and the suppressions without effect."""
    valid = tuple(_valid(file))
    if not valid:
        return found, ()
    kept = [(rule, claim) for rule, claim in found if not any(s.allows(rule.id, claim.step) for s in valid)]
    unused = (s for s in valid if not any(s.allows(rule.id, claim.step) for rule, claim in found))
    return kept, tuple(unused)


def _valid(file: FileContext) -> Iterator[Suppression]:
    for suppression in file.suppressions:
        if suppression.verb in VERBS and suppression.rule in file.known_rules and suppression.reason:
            yield suppression


def _finding(file: FileContext, rule: Rule, claim: Claim, lines: Sequence[str]) -> Finding:
    span = claim.span or (file.steps[claim.step].statement.span if claim.step is not None else None)
    column, end_line = _place(file.source.text, span) if span is not None else (1, claim.line)
    return Finding(
        rule=rule.id,
        path=file.source.path,
        claim=claim,
        severity=claim.severity,
        category=claim.category or rule.category,
        held=claim.held,
        column=column,
        end_line=max(end_line, claim.line),
        source_lines=tuple(line.rstrip() for line in lines[claim.line - 1 : max(end_line, claim.line)]),
    )


def _place(text: str, span: Span) -> tuple[int, int]:
    """Return the 1-based column of the span's first character and the line of its last one."""
    end_line = text.count("\n", 0, span.end) + 1
    return span.start - text.rfind("\n", 0, span.start), end_line
