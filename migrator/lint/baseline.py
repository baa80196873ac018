"""The baseline: old findings that are known and wait, so that only new ones fail.

A finding is known by its fingerprint, which lines that move do not change; one that is repaired simply goes away, and
`--write-baseline` forgets it.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from migrator.errors import InputError
from migrator.lint.finding import Finding
from migrator.lint.fingerprint import fingerprints
from migrator.lint.report import LintReport

_VERSION = 1
_AGAIN = "Write it anew with --write-baseline."


@dataclass(frozen=True, slots=True)
class Baseline:
    """The fingerprints of the findings that are known."""

    file: Path
    known: Mapping[str, str]
    """Fingerprint to the path of its file, as seen from the baseline."""

    def apply(self, report: LintReport) -> LintReport:
        """Return the report with the known findings set apart."""
        marked = list(zip(report.findings, _marks(report.findings, self.file), strict=True))
        new = tuple(finding for finding, mark in marked if mark not in self.known)
        return replace(report, findings=new, known=tuple(f for f, mark in marked if mark in self.known))

    def stale(self, report: LintReport) -> int:
        """Return how many known findings the files of this run do not have any more; `report` as before `apply`."""
        found = set(_marks(report.findings, self.file))
        read = {_relative(path, self.file) for path in report.paths}
        return sum(mark not in found and path in read for mark, path in self.known.items())


def read_baseline(file: Path) -> Baseline:
    """Read the file.

    Raises:
        InputError: it is not there, or is no baseline.
    """
    try:
        data = cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))
        marks = {str(item["fingerprint"]): str(item["path"]) for item in data["findings"]}
    except OSError as exc:
        raise InputError(f"The baseline {file} cannot be read: {exc.strerror}.", _AGAIN) from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise InputError(f"{file} is no baseline.", _AGAIN) from exc
    if data.get("baseline_version") != _VERSION:
        raise InputError(f"{file} is a baseline of another version of migrator.", _AGAIN)
    return Baseline(file, marks)


def write_baseline(file: Path, report: LintReport) -> None:
    """Write every finding of the report, one per line, sorted, so that merges are easy.

    Raises:
        InputError: the file cannot be written.
    """
    marks = _marks(report.findings, file)
    records = [
        {"path": _path_from(f, file), "rule": f.rule, "fingerprint": mark}
        for f, mark in zip(report.findings, marks, strict=True)
    ]
    records.sort(key=lambda record: (record["path"], record["rule"], record["fingerprint"]))
    lines = ",\n".join(f"    {json.dumps(record)}" for record in records)
    text = f'{{\n  "baseline_version": {_VERSION},\n  "findings": [\n{lines}\n  ]\n}}\n'
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise InputError(f"The baseline {file} cannot be written: {exc.strerror}.", "Name another file.") from exc


def _marks(findings: Iterable[Finding], file: Path) -> Iterable[str]:
    """Fingerprint the findings by their paths as seen from the baseline: it holds wherever lint is started."""
    return fingerprints(replace(finding, path=_path_from(finding, file)) for finding in findings)


def _path_from(finding: Finding, file: Path) -> str:
    return _relative(finding.path, file)


def _relative(path: str, file: Path) -> str:
    return os.path.relpath(path, file.absolute().parent).replace(os.sep, "/")
