"""Who wrote a migration's files, by git: people whose own approval does not count under separation of duties.

Everybody who ever committed a change of a file counts, with the co-authors that the messages name. What is not
committed has no author yet, and a shallow clone does not know them all: then nobody can be ruled out.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from migrator.errors import InputError
from migrator.gates.gate import Authors
from migrator.git import Repository, trailers_of
from migrator.phases.folder import Migration

_PERSON = re.compile(r"\s*(?P<name>[^<]*?)\s*<(?P<mail>[^>]*)>")
_FORGE_MAIL = re.compile(r"(?:\d+[+-])?(?P<login>[^@]+)@users\.noreply\.")
_BETWEEN = "\x1e"


def authors_of(migration: Migration) -> Authors:
    """Return who wrote the files; a `problem` where git does not know all of them."""
    try:
        repository = Repository(migration.home)
        text = repository.history_of(migration.folder, f"%an <%ae>%n%B{_BETWEEN}")
        problem = _problem(repository, migration.folder)
    except InputError as exc:
        return Authors(frozenset(), exc.situation)
    commits = [commit.strip("\n") for commit in text.split(_BETWEEN) if commit.strip()]
    names = frozenset(name for commit in commits for name in _names(commit))
    return Authors(names, problem or ("" if commits else "git knows no commit of them"))


def _problem(repository: Repository, folder: Path) -> str:
    if repository.is_shallow:
        return "this clone is shallow"
    return "they hold changes that are not committed" if repository.is_changed(folder) else ""


def _names(commit: str) -> Iterator[str]:
    """Yield every name of the author and the co-authors; who only merged the commit wrote nothing of it."""
    author, _, message = commit.partition("\n")
    helpers = [value for key, value in trailers_of(message) if key.lower() == "co-authored-by"]
    for person in (author, *helpers):
        if found := _PERSON.match(person):
            yield from _known_as(found["name"], found["mail"])


def _known_as(name: str, mail: str) -> Iterator[str]:
    yield name.casefold()
    yield mail.casefold()
    yield mail.partition("@")[0].casefold()
    if login := _FORGE_MAIL.match(mail):
        yield login["login"].casefold()
