"""`--output FORMAT[=FILE]`: which report goes where, and what a CI job gets without asking.

A check names the package whose modules are its formats; adding a file adds a format. Used by lint and coupling.
"""

import os
import pkgutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Generic, TextIO, TypeVar

from migrator.errors import InputError

_LONGEST_SUMMARY = 1_000_000
"""GitHub refuses a step summary of more than 1 MiB."""

_Report = TypeVar("_Report")


@dataclass(frozen=True, slots=True)
class Output:
    """A format, and the file that it is written to; None is stdout."""

    format: str
    file: Path | None = None


class Outputs(Generic[_Report]):
    """The formats of one check: modules with `render(report)`; `markdown` also has `within(report, longest)`."""

    def __init__(self, package: ModuleType) -> None:
        self._package = package

    def formats(self) -> tuple[str, ...]:
        """Return the formats that there are."""
        return tuple(sorted(module.name for module in pkgutil.iter_modules(self._package.__path__)))

    def read(self, words: Sequence[str], default: str) -> tuple[Output, ...]:
        """Read the options; when none of them takes stdout, the default format does.

        Raises:
            InputError: there is no such format, or two want stdout or the same file.
        """
        outputs = [self._read(word) for word in words]
        files = [output.file.absolute() for output in outputs if output.file is not None]
        if twice := next((file for file in files if files.count(file) > 1), None):
            raise InputError(f"Two outputs would be written to {twice.name}.", "Give each a file of its own.")
        on_stdout = [output.format for output in outputs if output.file is None]
        if len(on_stdout) > 1:
            raise InputError(
                f"{' and '.join(on_stdout)} would both be written to stdout.", "Give files: --output FMT=FILE."
            )
        return tuple(outputs if on_stdout else [*outputs, Output(default)])

    def _read(self, word: str) -> Output:
        name, equals, file = word.partition("=")
        known = self.formats()
        if name not in known or (equals and not file):
            raise InputError(
                f"There is no output {word!r}.", f"Write FORMAT or FORMAT=FILE; formats: {', '.join(known)}."
            )
        return Output(name, Path(file) if file else None)

    def render(self, report: _Report, name: str) -> str:
        """Return the report in a format."""
        text: str = import_module(f"{self._package.__name__}.{name}").render(report)
        return text

    def write(self, report: _Report, outputs: Sequence[Output]) -> None:
        """Write every output, files first, so that a closed pipe loses none of them.

        Raises:
            InputError: a file cannot be written; the other outputs are.
        """
        failures: list[InputError] = []
        for output in sorted(outputs, key=lambda output: output.file is None):
            text = self.render(report, output.format)
            if output.file is None:
                _print(text, sys.stdout)
                continue
            try:
                _write_file(output.file, text, "w")
            except InputError as exc:
                failures.append(exc)
        if failures:
            raise failures[0]

    def announce(self, report: _Report, outputs: Sequence[Output], environment: Mapping[str, str] = os.environ) -> None:
        """In a GitHub job, annotate the changed lines and write the step summary; elsewhere do nothing.

        The runner reads its commands from both streams; stderr leaves a document on stdout whole.

        Raises:
            InputError: the summary cannot be written.
        """
        if environment.get("GITHUB_ACTIONS") != "true":
            return
        if not any(output.format == "github" for output in outputs):
            is_text = any(output == Output("text") for output in outputs)
            _print(self.render(report, "github"), sys.stdout if is_text else sys.stderr)
        if summary := environment.get("GITHUB_STEP_SUMMARY"):
            within = import_module(f"{self._package.__name__}.markdown").within
            _write_file(Path(summary), within(report, _LONGEST_SUMMARY), "a")


def visible(text: str) -> str:
    """Return one line: control characters as escapes, so that no name of a file begins a line of its own."""
    return "".join(c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in text)


def _print(text: str, stream: TextIO) -> None:
    """Print a text that may hold what the terminal's encoding cannot: a path of a file is any bytes."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, errors="backslashreplace").decode(encoding))
    stream.flush()


def _write_file(file: Path, text: str, mode: str) -> None:
    try:
        with file.open(mode, encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
    except OSError as exc:
        raise InputError(f"{file} cannot be written: {exc.strerror}.", "Name another file with --output.") from exc
