"""What git knows: commits, the files that differ, the content of files at a commit. Reads only."""

from migrator.git.changes import STATUS, Blob, FileChange, Step, is_nothing, trailers_of
from migrator.git.program import FETCH, HistoryMissing
from migrator.git.repository import Repository

__all__ = [
    "FETCH",
    "STATUS",
    "Blob",
    "FileChange",
    "HistoryMissing",
    "Repository",
    "Step",
    "is_nothing",
    "trailers_of",
]
