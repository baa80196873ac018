"""The files of one commit, each read once; those that are known to be needed with one process of git."""

from collections.abc import Iterable

from migrator.git import Repository
from migrator.references.decoded import utf8_of


class CommitFiles:
    """Path -> content, from the repository's root."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self.commit = commit
        self._repository = repository
        self._known: dict[str, bytes | None] = {}

    def load(self, paths: Iterable[str]) -> None:
        """Read these files now, all at once."""
        new = [path for path in dict.fromkeys(paths) if path not in self._known]
        if new:
            self._known |= self._repository.read_all(self.commit, new)

    def data(self, path: str) -> bytes | None:
        """Return the content; None when there is no such file."""
        self.load((path,))
        return self._known[path]

    def text(self, path: str) -> str | None:
        """Return the content as text; None also for what is no UTF-8."""
        data = self.data(path)
        try:
            return None if data is None else utf8_of(data)
        except UnicodeDecodeError:
            return None
