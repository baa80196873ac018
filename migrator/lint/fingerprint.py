"""What stays the same of a finding when lines are added above it: for baselines, SARIF and code quality reports."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

from migrator.lint.finding import Finding


def fingerprints(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one fingerprint per finding, in order and all different: of the rule, path, table and statement."""
    seen = Counter[str]()
    for finding in findings:
        statement = " ".join(" ".join(finding.source_lines).split())
        key = "\0".join((finding.rule, _posix(finding.path), finding.relation or "", statement))
        seen[key] += 1
        yield hashlib.sha256(f"{key}\0{seen[key]}".encode(errors="surrogateescape")).hexdigest()


def _posix(path: str) -> str:
    return path.replace("\\", "/").removeprefix("./")
