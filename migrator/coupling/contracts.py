"""What a contract removes and the code still uses."""

from collections.abc import Iterator
from typing import Literal

from migrator.coupling.case import Case, names, sureness
from migrator.coupling.decision import Finding, Level
from migrator.coupling.evidence import CodeReference, DatabaseObject, FileClass, SqlFile
from migrator.coupling.later_sql import breaks

_LATER = {
    "head": "First take the use out of the code, in a pull request of its own, and deploy that everywhere; then merge"
    " what removes {item}.",
    "other": "It runs again after the contract, and fails then: correct it in this change.",
    "back": "Deploy a commit whose code does without {item}. Only if that migration has not run yet (migrator status),"
    " nothing breaks.",
    "deployed": "The migration would break that version, and a rollback to it. Deploy a version without the use"
    " everywhere first; then merge this.",
}
_NO_USE = (
    " If that place means something else, say so in a comment above it:"
    " migrator: ref-ok {column} until=YYYY-MM-DD reason=WHY"
)


def referenced(case: Case, ref: Literal["head", "deployed"], code: str, name: str) -> Iterator[Finding]:
    """Yield one finding per place and removed object; tests are no users, nor are migrations that have run."""
    for reference in case.references(ref):
        kind = FileClass.APP if reference.service else case.classifier.file_class(reference.path)
        for sql, item in (*case.removed, *(case.taken_back if ref == "head" else ())):
            if names(reference, item) and _counts(case, reference, kind, sql, item):
                yield _finding(case, ref, reference, sql, item, kind, code, name)


def _counts(case: Case, reference: CodeReference, kind: FileClass, sql: SqlFile, item: DatabaseObject) -> bool:
    if reference.service:
        return True
    if not case.groups.are_coupled(sql.path, reference.path):
        return False
    if kind is FileClass.MIGRATION and not case.is_external(reference.path):
        return breaks(case, reference, sql, item)
    is_client = kind is FileClass.SNAPSHOT and reference.usage == "mapped"  # a client is made from schema.prisma
    is_user = kind not in (FileClass.TEST, FileClass.SNAPSHOT) or is_client or case.is_external(reference.path)
    return is_user and _runs(case, reference)


def _runs(case: Case, reference: CodeReference) -> bool:
    """Whether this file is part of what runs at its commit: in a monorepo another service may run another commit."""
    here = {running.service for running in case.evidence.running if running.commit == reference.commit}
    owners = case.groups.services_of(reference.path)
    if reference.ref == "head" or reference.service or not owners or not here:
        return True
    return not here <= case.groups.names or bool(here & owners)


def _whose(case: Case, reference: CodeReference) -> str:
    """Return whose commit it is, as ` (checkout 1.4.2)`; empty when nobody said."""
    names_ = (f"{each.service} {each.version}" for each in case.evidence.running if each.commit == reference.commit)
    found = reference.service or ", ".join(dict.fromkeys(name for name in names_ if name.strip()))
    return f" ({found})" if found else ""


def _todo(
    ref: Literal["head", "deployed", "back"], reference: CodeReference, item: DatabaseObject, kind: FileClass
) -> str:
    todo = _LATER["other" if kind is FileClass.MIGRATION else ref].format(item=item)
    if kind is FileClass.MODEL and reference.path.endswith(".rb") and item.kind == "column":
        todo += f" In Rails the model forgets the column first: self.ignored_columns += [:{item.name}]."
    if ref == "head" and reference.confidence == "token":
        todo += _NO_USE.format(column=f"{item.table}.{item.name}" if item.table else item.name)
    return todo


def _finding(
    case: Case,
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
    where = "" if ref == "head" else f" at the deployed commit {reference.commit[:12]}{_whose(case, reference)}"
    is_back = sql in case.evidence.taken_back
    what = f", which is deployed and not in this candidate, has removed {item}" if is_back else f" removes {item}"
    message = (
        f"{sql.path}{what}, and {reference.path}:{reference.line}:{reference.column}{where} {how} it{star}"
        f" ({sureness(reference)})."
    )
    return Finding(
        code,
        name,
        Level.ERROR,
        reference.path if ref == "head" else sql.path,
        reference.line if ref == "head" else 1,
        message,
        _todo("back" if is_back else ref, reference, item, kind),
        column=reference.column if ref == "head" else 1,
        file_class=kind,
        phase="contract",
        objects=(str(item),),
    )
