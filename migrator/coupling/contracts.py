"""What a contract removes and the code still uses."""

from collections.abc import Iterator
from typing import Literal

from migrator.coupling.case import Case, names
from migrator.coupling.decision import Finding, Level
from migrator.coupling.evidence import CodeReference, DatabaseObject, FileClass, SqlFile

_LATER = {
    "head": "Remove the use, deploy that, and ship the contract in a later release.",
    "deployed": "Deploy a version without it everywhere first; then ship the contract.",
}


def referenced(case: Case, ref: Literal["head", "deployed"], code: str, name: str) -> Iterator[Finding]:
    """Yield one finding per place and removed object; tests and migrations are no users."""
    for reference in case.references(ref):
        kind = case.classifier.file_class(reference.path)
        if kind in (FileClass.TEST, FileClass.MIGRATION, FileClass.SNAPSHOT):
            continue
        for sql, item in case.removed:
            if names(reference, item) and case.groups.are_coupled(sql.path, reference.path):
                yield _finding(ref, reference, sql, item, kind, code, name)


def _finding(
    ref: Literal["head", "deployed"],
    reference: CodeReference,
    sql: SqlFile,
    item: DatabaseObject,
    kind: FileClass,
    code: str,
    name: str,
) -> Finding:
    how = "maps" if reference.usage == "mapped" else "may use" if reference.confidence == "token" else "uses"
    star = " through all columns of the table" if reference.is_star else ""
    where = "" if ref == "head" else f" at the deployed commit {reference.commit[:12]}"
    message = (
        f"{sql.path} removes {item}, and {reference.path}:{reference.line}:{reference.column}{where} {how} it{star}"
        f" ({reference.confidence})."
    )
    return Finding(
        code,
        name,
        Level.ERROR,
        reference.path if ref == "head" else sql.path,
        reference.line if ref == "head" else 1,
        message,
        _LATER[ref],
        column=reference.column if ref == "head" else 1,
        file_class=kind,
        phase="contract",
        objects=(str(item),),
    )
