"""Which changes of a branch are left when it is merged, and what links to migrations lead to; asked by `collect`."""

import posixpath
import re
from collections.abc import Callable

from migrator.git import FileChange, Repository

_TARGET = re.compile(r"[\w./-]+\.\w+\Z")


def lasting_changes(repository: Repository, base: str, merge_base: str, head: str) -> tuple[FileChange, ...]:
    """Return what the merge will change: not what the base got in another way since.

    A pull request that is stacked on another one, which was squashed, has that one's files in its diff still. A file
    whose mode alone is another has the same content, and is no change of schema or code.
    """
    found = repository.changes(merge_base, head)
    found = tuple(change for change in found if change.status != "modified" or change.blob != change.old_blob)
    if base == merge_base or not found:
        return found
    names = repository.differing(base, head)
    return tuple(change for change in found if not names.isdisjoint({change.path, change.old_path}))


def through_links(read: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """Return the function that reads files, and of a link to a file that one: git keeps its target as the content."""

    def follow(path: str) -> str | None:
        text = read(path)
        if text is None or _TARGET.match(text) is None:
            return text
        target = read(posixpath.normpath(posixpath.join(posixpath.dirname(path), text)))
        return text if target is None else target

    return follow
