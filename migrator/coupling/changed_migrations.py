"""What the migrations of a difference do: those that come, and those that a deploy takes back; asked by `collect`."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from migrator.coupling.classify import Classifier
from migrator.coupling.commit_files import CommitFiles
from migrator.coupling.ends import Ends
from migrator.coupling.evidence import Change, FileClass, SqlFile, Unknown
from migrator.coupling.lasting import through_links
from migrator.git import FileChange, Repository

Changed = Change | FileChange
_RUN = frozenset({"expand", "migrate", "contract", "none"})


def taken_back(
    repository: Repository, ends: Ends, classifier: Classifier, major: Callable[[], int]
) -> tuple[tuple[SqlFile, ...], tuple[Unknown, ...]]:
    """Return the migrations that the deployed end has and the candidate lacks, and which of them nobody can read.

    The database is not taken back with the code: what they removed is gone for the candidate's code, too.
    """
    here = {blob.path for blob in repository.files(ends.head)}
    found = [c for c in repository.changes(ends.merge_base, ends.base) if c.path not in here and c.status != "deleted"]
    found = [c for c in found if classifier.file_class(c.path) is FileClass.MIGRATION]
    sides = CommitFiles(repository, ends.merge_base), CommitFiles(repository, ends.base)
    read = {file.path: file for file in sql_files(found, classifier, sides, major)}
    run = tuple(file for file in read.values() if file.phase in _RUN)
    lost = [change.path for change in found if change.path not in read]
    lost += [file.path for file in run if file.problem]
    return run, tuple(Unknown(topic="diff", text=_UNREAD.format(path=path, head=ends.head[:12])) for path in lost)


_UNREAD = (
    "{path} is deployed, {head} lacks it, and what it removed cannot be told. See whether the code of {head} can do"
    " without that."
)


def sql_files(
    changes: Sequence[Changed], classifier: Classifier, sides: tuple[CommitFiles, CommitFiles], major: Callable[[], int]
) -> Iterator[SqlFile]:
    """Yield what the changed migrations do; a deleted one does nothing any more."""
    before, after = sides
    migrations = [c for c in changes if classifier.file_class(c.path) is FileClass.MIGRATION]
    if not migrations:
        return
    from migrator.coupling.frameworks import read_framework_file  # both load the parser
    from migrator.coupling.sql_files import read_sql_file

    pg_version = major()
    present = [change for change in migrations if change.status != "deleted"]
    before.load(change.path for change in present if change.path.endswith(".toml"))
    after.load(path for change in present for path in _with_its_folder(change.path))
    read = through_links(after.text)
    for change in present:
        if change.path.endswith(".sql") or PurePosixPath(change.path).name == "migration.toml":
            yield read_sql_file(change.path, read, pg_version, before.text)
        elif (file := read_framework_file(change.path, read)) is not None:
            yield file


def _with_its_folder(path: str) -> tuple[str, ...]:
    """Return a migration file and those beside it that tell its phase and its deadline."""
    folder = PurePosixPath(path).parent
    beside = ("migration.toml", "expand.sql", "contract.sql") if path.endswith((".sql", ".toml")) else ()
    return (path, *(str(folder / name) for name in beside))
