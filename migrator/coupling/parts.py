"""The steps of a release: each commit that a branch got, which pull request it is, and what it changed.

A merge queue's batch and a release hold several pull requests. Each must be clean by itself, and all of them together;
whoever reads a finding wants to know who brings which half, and what can be deployed first.
"""

import re
from collections.abc import Iterable, Sequence

from migrator.coupling.case import Case, File
from migrator.coupling.evidence import Part
from migrator.git import Repository, Step

_MERGED = (
    re.compile(r"\AMerge pull request #(\d+) "),  # GitHub
    re.compile(r"^See merge request \S*!(\d+)\s*\Z", re.MULTILINE),  # GitLab
    re.compile(r"\AMerge branch .* into refs/merge-requests/(\d+)/train\b"),  # a merge train of GitLab
    re.compile(r"\AMerged in .*\(pull request #(\d+)\)"),  # Bitbucket
    re.compile(r"\AMerged PR (\d+):"),  # Azure
)
_SQUASHED = re.compile(r"\(#(\d+)\)\Z")
_MOST = 3


def parts_between(repository: Repository, base: str, head: str, last: int | None = None) -> tuple[Part, ...]:
    """Return what the branch got between two commits, oldest first.

    Args:
        repository: the clone.
        base: the commit that is there already.
        head: the candidate.
        last: the pull request that CI names for the newest commit.
    """
    steps = repository.steps(base, head)
    return tuple(_part(step, last if step is steps[-1] else None) for step in steps)


def _part(step: Step, number: int | None) -> Part:
    title = step.message.partition("\n")[0]
    return Part(
        commit=step.commit,
        title=title,
        number=number if number is not None else _number(step.message, title),
        paths=tuple(dict.fromkeys(step.paths)),
        merged=step.parents[1] if len(step.parents) > 1 else "",
    )


def _number(message: str, title: str) -> int | None:
    found = next((match for pattern in _MERGED if (match := pattern.search(message))), None) or _SQUASHED.search(title)
    return int(found[1]) if found else None


def brought(case: Case, files: Iterable[File]) -> str:
    """Return who changed the files, as `#12 and 1a2b3c4d5e6f`; empty where nobody knows."""
    found = dict.fromkeys(str(part) for file in files for part in case.parts_of(file.change))
    names = list(found)[:_MOST]
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return ", ".join(names) + more


def first_deploy(case: Case) -> Part | None:
    """Return the last step that can be deployed alone, before the other half comes; None when they are mixed."""
    schema, code = _places(case, case.migrations), _places(case, case.code)
    if not schema or not code:
        return None
    first, second = (schema, code) if max(schema) < max(code) else (code, schema)
    return case.evidence.parts[min(second) - 1] if max(first) < min(second) else None


def _places(case: Case, files: Sequence[File]) -> list[int]:
    """Return where in the release the files are changed."""
    names = {name for file in files for name in (file.change.path, file.change.old_path)}
    return [number for number, part in enumerate(case.evidence.parts) if names & set(part.paths)]
