"""Runs every rule over every file, once parsed, and applies the suppressions."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from migrator.lint.context import PHASES_BEFORE, FileContext
from migrator.lint.dump import without_rows
from migrator.lint.finding import Claim, Finding, Severity
from migrator.lint.halves import Half, halves_of, way_forward
from migrator.lint.interest import Interest, interest_of
from migrator.lint.new_objects import doubted
from migrator.lint.reading import Reading, read_steps
from migrator.lint.report import Allowed, LintReport
from migrator.lint.rule import Rule, all_rules
from migrator.lint.settings import FileSettings, LintSettings
from migrator.lint.source import Source, read_source
from migrator.lint.suppression import VERBS, Suppression
from migrator.lint.template import as_written, fill, may_break, without_tags
from migrator.lint.wrapping import Sending
from migrator.schema.model import Schema
from migrator.statements.statement import Span

__all__ = ["LintReport", "Past", "lint", "read_files"]

_JUDGES_SUPPRESSIONS = frozenset({"invalid-suppression", "unused-suppression"})
"""Rules about the comments themselves, which no comment can suppress."""


class Past(Protocol):
    """What came before a file; see `migrator.lint.history`."""

    def before(self, path: Path) -> Schema:
        """Return the schema that the file's migration finds."""
        ...

    def learn(self, path: Path, schema: Schema) -> None:
        """Take note of the schema that a file leaves behind; asked for only when it matters."""
        ...


class NoPast:
    """Nothing is known: what a file does not make itself cannot be told."""

    def before(self, path: Path) -> Schema:
        """Return a schema without tables, which is not complete."""
        del path
        return Schema()

    def learn(self, path: Path, schema: Schema) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """What was found in one file; plain values, so that it can cross processes."""

    path: str
    findings: tuple[Finding, ...]
    allowed: tuple[Allowed, ...]
    statements: int
    opaque: int
    unreadable: int


def lint(
    sources: Iterable[Source],
    pg_version: int,
    settings: LintSettings | None = None,
    past: Past | None = None,
    fail_on: Severity | None = Severity.ERROR,
) -> LintReport:
    """Lint the sources as for a server of that major version."""
    settings = settings or LintSettings()
    return report_of(results_of(sources, pg_version, settings, past), fail_on)


def results_of(
    sources: Iterable[Source], pg_version: int, settings: LintSettings, past: Past | None = None
) -> list[FileResult]:
    """Return what is found in each source, in order."""
    rules = _Rules(settings)
    return [rules.result(file) for file in read_files(sources, pg_version, settings, past)]


def read_files(
    sources: Iterable[Source], pg_version: int, settings: LintSettings, past: Past | None = None
) -> Iterator[FileContext]:
    """Yield each source, understood, in order; of one that goes forward and back, both halves."""
    library = _Library(pg_version, settings, past or NoPast())
    for source in sources:
        yield from library.files(source)


def report_of(results: Iterable[FileResult], fail_on: Severity | None) -> LintReport:
    """Return what was found in all files together."""
    every = tuple(results)
    return LintReport(
        findings=tuple(finding for result in every for finding in result.findings),
        paths=tuple(dict.fromkeys(result.path for result in every)),
        statements=sum(result.statements for result in every),
        opaque=sum(result.opaque for result in every),
        unreadable=sum(result.unreadable for result in every),
        allowed=tuple(allowed for result in every for allowed in result.allowed),
        fail_on=fail_on,
    )


class _Library:
    """The files of the folder at hand, each parsed once, also when a sibling asks for it."""

    def __init__(self, pg_version: int, settings: LintSettings, past: Past) -> None:
        self._pg_version = pg_version
        self._settings = settings
        self._past = past
        self._folder = Path()
        self._files: dict[str, FileContext] = {}
        self._texts: dict[str, str] = {}
        self._known_rules = frozenset(all_rules()) - _JUDGES_SUPPRESSIONS

    def files(self, source: Source) -> Iterator[FileContext]:
        """Yield the source, understood; its way back as a file of its own that finds what the way forward left."""
        first, *rest = halves_of(Path(source.path), source.text)
        forward = self._half(source, first, None)
        yield forward
        for half in rest:
            yield self._half(source, half, forward)

    def file(self, source: Source) -> FileContext:
        """Return the way forward of the source, understood."""
        return self._half(source, halves_of(Path(source.path), source.text)[0], None)

    def _half(self, source: Source, half: Half, forward: FileContext | None) -> FileContext:
        path = Path(os.path.abspath(source.path))  # noqa: PTH100 links keep their own name
        if path.parent != self._folder:
            self._folder, self._files, self._texts = path.parent, {}, {}
        if half.is_back:
            return self._read(source, half, self._with_forward(path, forward))
        known = self._files.get(path.name)
        if known is None or self._texts[path.name] != source.text:
            known = self._read(source, half, self._sibling)
            self._texts[path.name] = source.text
        if known.source.path != source.path:
            known = replace(known, source=replace(source, text=known.source.text))
        self._files[path.name] = known
        self._past.learn(path, known.schema_after)
        return known

    def _read(self, source: Source, half: Half, sibling: Callable[[str], FileContext | None]) -> FileContext:
        reading = self._reading(Path(os.path.abspath(source.path)), source.path, half, sibling)  # noqa: PTH100
        filling = fill(without_rows(half.text), self._settings.placeholders)
        read = read_steps(filling.text, reading)
        if read.problems and may_break(filling):
            filling = without_tags(filling)
            read = read_steps(filling.text, reading)
        filled = replace(source, text=filling.text)
        return FileContext(filled, reading, *read, self._known_rules, sibling, filling, half)

    def _reading(self, path: Path, named: str, half: Half, sibling: Callable[[str], FileContext | None]) -> Reading:
        sending = half.sending(self._settings.for_file(named).assume_transaction)
        schema = self._schema_before("abort" if half.is_back else path.stem, path, sibling)
        is_wrapped, is_together = sending is Sending.WRAPPED, sending is Sending.TOGETHER
        return Reading(self._pg_version, schema, is_wrapped, is_together)

    def _schema_before(self, phase: str, path: Path, sibling: Callable[[str], FileContext | None]) -> Schema:
        """A file of a migration finds what the earlier phases left."""
        for name in reversed(PHASES_BEFORE.get(phase, ())):
            if (earlier := sibling(name)) is not None:
                return earlier.schema_after.settled()
        return self._past.before(path)

    def _with_forward(self, path: Path, forward: FileContext | None) -> Callable[[str], FileContext | None]:
        """Return what stands for `expand.sql` beside a way back: the other half of the file, or the file it undoes."""
        if forward is None and (file := way_forward(path)) is not None:
            forward = self.file(read_source(file))
        return lambda name: forward if name == "expand" else None

    def _sibling(self, name: str) -> FileContext | None:
        file = self._folder / f"{name}.sql"
        if file.name in self._files:
            return self._files[file.name]
        return self.file(read_source(file)) if file.is_file() else None


class _Rules:
    """The rules that are on; the same for all files unless some paths have settings of their own."""

    def __init__(self, settings: LintSettings) -> None:
        self._settings = settings
        self._for_all = None if settings.paths else self._asked(settings.for_file(""))

    def _asked(self, own: FileSettings) -> list[tuple[Rule, Interest]]:
        is_on = [rule for rule in all_rules().values() if own.is_on(rule.id, is_default=rule.is_default)]
        return [(rule, interest_of(rule.check)) for rule in is_on]

    def result(self, file: FileContext) -> FileResult:
        """Ask every rule that is on and may have something to say about the file."""
        own = self._settings.for_file(file.source.path)
        rules = self._for_all if self._for_all is not None else self._asked(own)
        held = file.kinds
        concerned = [rule for rule, interest in rules if interest is None or not interest.isdisjoint(held)]
        return _result(file, own, [(rule, doubted(file, claim)) for rule in concerned for claim in rule.check(file)])


def _result(file: FileContext, own: FileSettings, found: "_Claims") -> FileResult:
    kept, allowed, unused = _suppress(file, found)
    if unused and own.is_on("unused-suppression", is_default=True):
        judge = all_rules()["unused-suppression"]
        kept += [(judge, claim) for claim in judge.check(replace(file, unused=unused))]
    kept.sort(key=lambda pair: (pair[1].line, pair[0].id))
    place = _Places(file, own)
    return FileResult(
        path=file.source.path,
        findings=tuple(place.finding(rule, claim) for rule, claim in kept),
        allowed=tuple(Allowed(place.finding(rule, claim), by.reason) for rule, claim, by in allowed),
        statements=len(file.steps) + len(file.problems),
        opaque=sum(step.effects.is_opaque for step in file.steps),
        unreadable=len(file.problems),
    )


_Claims = list[tuple[Rule, Claim]]
_AllowedClaims = list[tuple[Rule, Claim, Suppression]]


def _suppress(file: FileContext, found: _Claims) -> tuple[_Claims, _AllowedClaims, tuple[Suppression, ...]]:
    """Return what no reasoned suppression allows, what one does, and the suppressions without effect."""
    valid = tuple(_valid(file))
    if not valid:
        return found, [], ()
    kept: _Claims = []
    allowed: _AllowedClaims = []
    for rule, claim in found:
        by = next((s for s in valid if s.allows(rule.id, claim.step)), None)
        if by is None:
            kept.append((rule, claim))
        else:
            allowed.append((rule, claim, by))
    unused = (s for s in valid if not any(s.allows(rule.id, claim.step) for rule, claim in found))
    return kept, allowed, tuple(unused)


def _valid(file: FileContext) -> Iterator[Suppression]:
    for suppression in file.suppressions:
        if suppression.verb in VERBS and suppression.rule in file.known_rules and suppression.reason:
            yield suppression


class _Places:
    """Makes findings of claims: where they stand in the text as it is written, and the code around them."""

    def __init__(self, file: FileContext, settings: FileSettings) -> None:
        self._file = file
        self._settings = settings
        self._text = file.filling.written
        self._lines: Sequence[str] = self._text.split("\n")

    def finding(self, rule: Rule, claim: Claim) -> Finding:
        """Return the claim with its place."""
        step = self._file.steps[claim.step] if claim.step is not None else None
        span = claim.span or (step.statement.span if step else None)
        place = self._file.filling.place(span) if span is not None else None
        column, end_line = _place(self._text, place) if place is not None else (1, claim.line)
        end_line = max(end_line, claim.line)
        fix, unfixed = as_written(claim.fix, self._file.filling)
        return Finding(
            rule=rule.id,
            path=self._file.source.path,
            claim=claim if fix is claim.fix else replace(claim, fix=fix),
            severity=self._settings.severity(rule.id, claim.severity),
            category=claim.category or rule.category,
            held=claim.held or (getattr(step.effects, "held", None) if step and claim.lock else None),
            column=column,
            end_line=end_line,
            source_lines=tuple(line.rstrip() for line in self._lines[claim.line - 1 : end_line]),
            unfixed=unfixed,
        )


def _place(text: str, span: Span) -> tuple[int, int]:
    """Return the 1-based column of the span's first character and the line of its last one."""
    end_line = text.count("\n", 0, span.end) + 1
    return span.start - text.rfind("\n", 0, span.start), end_line
