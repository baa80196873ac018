"""One run of `migrator lint`: options and configuration to sources, past, report, outputs and exit code."""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Session, as_document
from migrator.cli.exits import FINDINGS, USAGE
from migrator.errors import InputError
from migrator.lint.finding import Severity
from migrator.lint.report import LintReport, count
from migrator.lint.runner import FileResult, lint, read_files, report_of, results_of
from migrator.lint.settings import LintSettings, PathSettings
from migrator.lint.source import Source, find_files, from_bytes, read_sources

if TYPE_CHECKING:
    from migrator.cli.lint_past import GivenSchema
    from migrator.config import LintSection
    from migrator.lint.fix import FixedSource
    from migrator.lint.history import Histories

DEFAULT_VERSION = 17
DEFAULT_FOLDER = "migrations"
STDIN = Path("-")
_FEW = 100
"""Fewer files are read sooner by one process than it takes to start another."""


@dataclass(frozen=True)
class LintOptions:
    """What was asked for on the command line."""

    paths: tuple[Path, ...]
    stdin_filepath: Path | None
    pg_version: int | None
    output: tuple[str, ...]
    fail_on: str | None
    assume_transaction: bool | None
    effects: bool
    changed: bool
    base: str | None
    history: tuple[Path, ...]
    schema_dump: Path | None
    baseline: Path | None
    write_baseline: Path | None
    fix: bool
    diff: bool


class LintRun:
    """One invocation."""

    def __init__(self, session: Session, options: LintOptions) -> None:
        self._session = session
        self._options = options
        self._unread: list[InputError] = []
        _check_together(options)

    def effects(self) -> int:
        """Print what every statement does; return the exit code."""
        from migrator.lint.effect_lines import effect_lines

        past = self._past()
        files = read_files(self.sources, self._pg_version, self.settings, past)
        records = (record for file in files for record in effect_lines(file))
        if self._session.is_json:
            click.echo(as_document({"statements": list(records)}))
        else:
            _print_lines(records)
        return self._tell_unread()

    def fix(self) -> None:
        """Apply the fixes, or show them; what is shown goes where it spoils no document on stdout."""
        from migrator.lint import fix

        if self._options.fix and self._is_stdin:
            raise InputError("--fix has no file to write: the input is standard input.", "Use --diff, or name files.")
        for fixed in self._fixed():
            if self._options.diff:
                is_text = self._session.format == "text" and not self._options.output
                click.echo(fix.diff(fixed), nl=False, err=not is_text)
            if self._options.fix:
                fix.save(fixed)
                self._session.tell(f"{fixed.path}: {'; '.join(fixed.titles)}")
        if self._options.fix:
            self.__dict__.pop("sources", None)  # the files are new
            self._unread.clear()

    def report(self) -> int:
        """Lint, write the outputs and return the exit code."""
        from migrator.lint.outputs import announce, read_outputs, write

        outputs = read_outputs(self._options.output, self._session.format)
        report = self._lint()
        if self._options.write_baseline is not None:
            self._write_baseline(self._options.write_baseline, report)
            return self._tell_unread()
        report = self._without_known(report)
        write(report, outputs)
        announce(report, outputs)
        return self._tell_unread() or (FINDINGS if report.has_failed else 0)

    @cached_property
    def sources(self) -> Sequence[Source]:
        """The SQL that was asked for."""
        if self._is_stdin:
            path = self._options.stdin_filepath or "<stdin>"
            return [from_bytes(str(path), sys.stdin.buffer.read())]
        if self._options.changed:
            return list(read_sources(self._changed(), self._unread))
        paths = self._options.paths or (self._migrations(),)
        if not self._options.paths and not paths[0].exists():
            todo = "Name yours, as in `migrator lint ./db/migration`, or set `migrations` in migrator.toml."
            raise InputError(f"There is no folder {paths[0]} here.", todo)
        return list(read_sources(self._listed(paths), self._unread))

    @cached_property
    def settings(self) -> LintSettings:
        """The decisions of the configuration file, with the options over them."""
        settings = _plain(self._section, self._root) if self._section is not None else LintSettings()
        if settings.rules or settings.paths:
            from migrator.lint.rule import all_rules

            settings.check(list(all_rules()))
        if self._options.assume_transaction is not None:
            settings = replace(settings, assume_transaction=self._options.assume_transaction)
        return settings

    @cached_property
    def _section(self) -> "LintSection | None":
        return self._session.settings.lint if self._session.has_configuration else None

    @property
    def _root(self) -> Path:
        file = self._session.configuration
        return file.parent if file is not None else Path.cwd()

    @property
    def _is_stdin(self) -> bool:
        return self._options.stdin_filepath is not None or self._options.paths == (STDIN,)

    @property
    def _pg_version(self) -> int:
        if asked := self._options.pg_version or self._given.pg_version:
            return asked
        return self._session.settings.pg_version if self._session.has_configuration else DEFAULT_VERSION

    @property
    def _is_version_assumed(self) -> bool:
        if self._options.pg_version or self._given.pg_version:
            return False
        return not self._session.has_configuration or "pg_version" not in self._session.settings.model_fields_set

    @property
    def _fail_on(self) -> Severity | None:
        level = self._options.fail_on or (self._section.fail_on if self._section is not None else "error")
        return None if level == "never" else Severity(level)

    def _lint(self) -> LintReport:
        _collect_rarely()
        past = self._past()
        settings, version = self.settings, self._pg_version
        results = self._in_parts(lambda part: results_of(part, version, settings, past))
        report = replace(report_of(results, self._fail_on), unread=tuple(self._unread))
        if not report.findings or not self._is_version_assumed:
            return report
        from migrator.lint.assumed import say_assumed

        return say_assumed(report, version, self.sources, lambda some, at: lint(some, at, settings, past).findings)

    def _in_parts(self, work: Callable[[Sequence[Source]], list[FileResult]]) -> list[FileResult]:
        if len(self.sources) < _FEW:
            return work(self.sources)
        from migrator.lint.parallel import in_parallel

        return in_parallel(self.sources, work)

    def _fixed(self) -> Iterator["FixedSource"]:
        from migrator.lint.fix import fix_source

        past = self._past()
        for source in self.sources:
            fixed = fix_source(source, lambda s: lint([s], self._pg_version, self.settings, past).findings)
            for reason in fixed.refused:
                self._session.tell(f"{source.path}:{reason}")
            if fixed.before != fixed.after:
                yield fixed

    def _without_known(self, report: LintReport) -> LintReport:
        file = self._options.baseline or (self._section.baseline if self._section is not None else None)
        if file is None:
            return report
        from migrator.lint.baseline import read_baseline

        baseline = read_baseline(file)
        if stale := baseline.stale(report):
            words = "1 finding that is" if stale == 1 else f"{stale} findings that are"
            self._session.tell(f"{file} holds {words} not there any more: --write-baseline {file} forgets them.")
        return baseline.apply(report)

    def _write_baseline(self, file: Path, report: LintReport) -> None:
        from migrator.lint.baseline import write_baseline

        write_baseline(file, report)
        self._session.tell(f"{file}: {count(len(report.findings), 'finding')} known from now on.")

    def _tell_unread(self) -> int:
        """Say on stderr what could not be read; 2 when there was anything."""
        for error in self._unread:
            click.echo(f"migrator: {error.situation}\n  → {error.todo}", err=True)
        return USAGE if self._unread else 0

    def _changed(self) -> list[Path]:
        from migrator.lint.changed import changed_files

        changed = self._kept(changed_files(self._options.base, self._options.paths))
        found = [file for file in changed if file.suffix == ".sql"]
        if len(found) < len(changed):
            from migrator.lint.programs import unread_programs

            self._unread += unread_programs(changed)
        if not found and not self._unread:
            self._session.tell("No SQL file has changed.")
        return found

    def _listed(self, paths: Iterable[Path]) -> Iterator[Path]:
        """Yield the paths; a folder is opened here only when some of its files are excluded."""
        is_filtered = self._section is not None and bool(self._section.exclude)
        for path in paths:
            if is_filtered and path.is_dir():
                yield from self._kept(find_files(path))
            else:
                yield path

    def _kept(self, files: Sequence[Path]) -> list[Path]:
        if self._section is None or not self._section.exclude:
            return list(files)
        excluded = PathSettings(self._section.exclude)
        return [file for file in files if not excluded.covers(_from(self._root, file))]

    def _migrations(self) -> Path:
        """Return the configured folder, relative to where we are when it lies below."""
        if not self._session.has_configuration:
            return Path(DEFAULT_FOLDER)
        folder = self._session.settings.migrations
        return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder

    @cached_property
    def _given(self) -> "GivenSchema":
        """What options or configuration say came before; a server is asked once, also for its version."""
        from migrator.cli.lint_past import given_schema

        return given_schema(self._session, self._options, self._section, self.sources)

    def _past(self) -> "Histories":
        from migrator.cli.lint_past import past_of

        return past_of(self._given, self._migrations(), self._options.paths, self.sources)


def _check_together(options: LintOptions) -> None:
    """Refuse what would have no effect: an option that is passed over in silence hides a mistake."""
    if options.base is not None and not options.changed:
        raise InputError("--base has no effect without --changed.", "Add --changed, or leave --base away.")
    is_stdin = options.stdin_filepath is not None or STDIN in options.paths
    if is_stdin and (options.changed or set(options.paths) - {STDIN}):
        raise InputError("Standard input was named together with files.", "Lint them in two runs.")


def _collect_rarely() -> None:
    """Syntax trees make no cycles: looking for some among all objects cost a sixth of the time of a large run."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _plain(section: "LintSection", root: Path) -> LintSettings:
    paths = tuple(PathSettings(each.match, each.rules, each.assume_transaction) for each in section.paths)
    return LintSettings(section.rules, paths, section.assume_transaction, section.placeholders, root)


def _from(root: Path, file: Path) -> Path:
    absolute = file.absolute()
    return absolute.relative_to(root) if absolute.is_relative_to(root) else absolute


def _print_lines(records: Iterable[dict[str, Any]]) -> None:
    import json

    for record in records:
        sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()
