"""Which changed files that are no migrations change the schema all the same; loads the parser only when one may.

Every check runs this over every changed file, so the contents are read with one call of git, and a search for the
words of DDL decides whether anything is parsed.
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from migrator.coupling.classify import Classifier
from migrator.coupling.evidence import FileClass
from migrator.coupling.patterns import VENDORED
from migrator.git import FileChange, Repository, is_nothing
from migrator.references.decoded import text_of, utf8_of

_LARGEST = 1_000_000
"""Bytes; code that is longer was made by a program."""
_LIKE = re.compile(
    rb"\b(?:CREATE|ALTER|DROP)\s(?:[\w\s]{0,40}\s)?"
    rb"(?:TABLE|INDEX|VIEW|SEQUENCE|TYPE|DOMAIN|SCHEMA|FUNCTION|PROCEDURE|TRIGGER|EXTENSION|POLICY)\b",
    re.IGNORECASE,
)
_PROGRAMS = {
    ".py": (
        re.compile(rb"^class Migration\(", re.MULTILINE),
        re.compile(rb"^down_revision\b.*^def upgrade\(", re.MULTILINE | re.DOTALL),
    ),
    ".rb": (
        re.compile(rb"<\s*ActiveRecord::Migration\b.*?\bdef (?:self\.)?(?:change|up)\b", re.DOTALL),
        re.compile(rb"^(?:Sequel\.migration|ROM::SQL\.migration)\b", re.MULTILINE),
    ),
    ".php": (
        re.compile(
            rb"\bextends\s+[\w\\]*(?:Migration|SimpleMigrationStep)\b.*?\bfunction\s+"
            rb"(?:up|safeUp|change|changeSchema)\s*\(",
            re.DOTALL,
        ),
    ),
}
"""How the migrations of frameworks look, in whichever folder they are."""
_TEMPLATE = re.compile(r"(?:^|/)(?:templates?|generators?|stubs?|skeletons?)/")
_VENDORED = re.compile(rf"(?:^|/)(?:{'|'.join(VENDORED)})/")
_CODE = frozenset(
    ".py .js .jsx .mjs .cjs .ts .tsx .mts .cts .vue .svelte .rb .rake .erb .go .java .kt .kts .scala .groovy .php .cs"
    " .fs .rs .ex .exs .swift .dart .pl .pm .clj .hs .c .cc .cpp .lua .sh .bash".split()
)


def sniffed(repository: Repository, changes: Iterable[FileChange], classifier: Classifier) -> dict[str, dict[str, Any]]:
    """Return what `Change` says of the DDL in each changed file that has some; of code, only what is new in it."""
    files = [change for change in changes if _is_asked(change, classifier)]
    wanted = {blob for change in files for blob in _blobs(change)}
    texts = dict(repository.contents(sorted(wanted)))
    found = ((change.path, _found(change, texts)) for change in files)
    return {path: values for path, values in found if values}


def _is_asked(change: FileChange, classifier: Classifier) -> bool:
    if change.status == "deleted" or change.is_submodule or is_nothing(change.blob):
        return False
    is_code = (_suffix(change) in _CODE or _suffix(change) == ".sql") and not _VENDORED.search(change.path)
    return is_code and classifier.file_class(change.path) in {FileClass.APP, FileClass.MODEL}


def _suffix(change: FileChange) -> str:
    return PurePosixPath(change.path).suffix.lower()


def _blobs(change: FileChange) -> tuple[str, ...]:
    is_new = is_nothing(change.old_blob) or _suffix(change) == ".sql"
    return (change.blob,) if is_new else (change.blob, change.old_blob)


def _found(change: FileChange, texts: dict[str, bytes]) -> dict[str, Any]:
    content = texts[change.blob]
    if _suffix(change) == ".sql":
        return _in_sql(content)
    if len(content) > _LARGEST:
        return {}
    line = _program_line(change, content)
    if line is not None and _program_line(change, texts.get(change.old_blob, b"")) is None:
        return {"ddl_line": line}
    if _LIKE.search(content) is None:
        return {}
    from migrator.coupling.ddl import new_ddl  # loads the parser

    old = texts.get(change.old_blob, b"")
    ddl = new_ddl(change.path, text_of(content), text_of(old))
    return {} if ddl is None else {"ddl_line": ddl.line, "ddl_text": ddl.text, "is_ddl_sure": ddl.is_sure}


def _program_line(change: FileChange, content: bytes) -> int | None:
    """Return the line where a framework's migration begins; None for any other code."""
    if _TEMPLATE.search(change.path):
        return None
    found = (pattern.search(content) for pattern in _PROGRAMS.get(_suffix(change), ()))
    match = next((match for match in found if match is not None), None)
    return None if match is None else content.count(b"\n", 0, match.start()) + 1


def _in_sql(content: bytes) -> dict[str, Any]:
    from migrator.coupling.ddl import first_ddl_line  # loads the parser

    try:
        line = first_ddl_line(utf8_of(content))
    except UnicodeDecodeError:
        return {}
    return {} if line is None else {"ddl_line": line}
