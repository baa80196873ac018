"""The matrix: which migration may travel with which code, in the strict and in the phase-aware mode.

| migration | the code | strict | phase-aware |
|---|---|---|---|
| expand | does not use what it adds | fail | pass, with a notice |
| expand | uses what it adds | fail | fail |
| migrate | works on the same tables | fail | fail |
| migrate | works on others | fail | pass, with a notice |
| contract, unknown | any | fail | fail |
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from migrator.coupling.case import Case, File, names, sureness
from migrator.coupling.decision import Finding, Level
from migrator.coupling.evidence import CodeReference, DatabaseObject, FileClass
from migrator.coupling.parts import brought
from migrator.coupling.split import how_to_split, is_code_first, shown, split_commands, what_follows

POLICY = (
    "Schema and application code cannot ship in the same release. "
    "Split into two PRs: schema first, application changes second."
)
_LAST = f"{POLICY} What this schema change removes is the exception: application changes first, the removal last."
"""The order of a contract: shipped first it would break the code that runs."""
_HARMLESS = "none"


Together = Callable[[File, File], bool]
"""Whether a migration and a code file are to be judged against each other."""


def coupled_findings(case: Case, code: str, name: str, together: Together | None = None) -> Iterator[Finding]:
    """Yield the findings of the matrix; a code file gets one."""
    for file in case.code:
        mine = case.coupled(case.migrations, file)
        schema = [m for m in mine if m.change is not file.change and (together is None or together(m, file))]
        if schema:
            yield from (
                _phase_aware(case, file, schema, code, name)
                if _is_phase_aware(case)
                else (_strict(case, file, schema, code, name),)
            )
    for file in case.migrations:
        if together is not None and not together(file, file):
            continue
        if file.change.old_path is not None and _has_two_sides(case, file):
            yield _two_sides(case, file, code, name)


def needs_references(case: Case) -> bool:
    """Whether the matrix asks what the code uses."""
    return _is_phase_aware(case) and any(case.coupled(case.migrations, file) for file in case.code)


def names_uses(case: Case) -> bool:
    """Whether a finding of the matrix can say where the code uses what an expand adds."""
    return bool(case.added) and any(case.coupled(case.migrations, file) for file in case.code)


def _is_phase_aware(case: Case) -> bool:
    return case.policy.mode == "phase-aware"


def _has_two_sides(case: Case, file: File) -> bool:
    """Whether a rename moves a file between schema and code: both sides count, and neither is on its own."""
    return any(other.change is file.change and other in case.code for other in case.files)


def _two_sides(case: Case, file: File, code: str, name: str) -> Finding:
    old, new = file.change.old_path, file.change.path
    message = f"{POLICY} The rename of {old} to {new} has schema on one side and code on the other."
    return Finding(
        code,
        name,
        Level.ERROR,
        new,
        1,
        message,
        how_to_split(case),
        file_class=file.file_class,
        commands=split_commands(case),
        after=what_follows(case),
    )


def _strict(case: Case, file: File, schema: Sequence[File], code: str, name: str) -> Finding:
    """Return the finding of a file, at the place where it uses what the schema brings if there is one."""
    finding = _finding(case, file, schema, code, name, "")
    used = next(iter(_uses_of(case, file, schema, ())), None)
    if used is None:
        return finding
    reference, item = used
    place = f"{reference.path}:{reference.line}:{reference.column}"
    why = f" {place} uses {item} ({sureness(reference)}), which must be deployed first."
    return replace(finding, line=reference.line, column=reference.column, message=finding.message + why)


def _phase_aware(case: Case, file: File, schema: Sequence[File], code: str, name: str) -> Iterator[Finding]:
    by_phase = {phase: [m for m in schema if case.phase(m) == phase] for phase in ("expand", "migrate", _HARMLESS)}
    known = [m for found in by_phase.values() for m in found]
    hard = [m for m in schema if m not in known]
    if hard:
        phase = case.phase(hard[0])
        what = "a contract never travels with code" if phase == "contract" else "its phase cannot be told"
        yield _finding(case, file, hard, code, name, f" {shown(hard)}: {what}.")
        return
    used = _uses_of(case, file, by_phase["expand"], by_phase["migrate"])
    if used:
        yield from (_use(case, file, schema, code, name, *use) for use in used)
    elif by_phase["expand"] or by_phase["migrate"]:
        yield _allowed(case, file, schema, code, name)


def _uses_of(
    case: Case, file: File, expands: Sequence[File], migrates: Sequence[File]
) -> list[tuple[CodeReference, DatabaseObject]]:
    """Return the places in the file that use what an expand adds, or a table that a migrate works on."""
    paths = {m.path for m in (*expands, *migrates)}
    objects = [item for sql, item in case.added if sql.path in paths]
    objects += [item for m in migrates if (sql := case.sql_files.get(m.path)) is not None for item in sql.tables]
    mine = [reference for reference in case.references("head") if reference.path == file.path]
    return [(reference, item) for reference in mine for item in objects if _needs(reference, item)]


def _needs(reference: CodeReference, item: DatabaseObject) -> bool:
    """A star needs no column that was added behind it; a table is needed by whatever names it."""
    if item.kind == "column":
        return not reference.is_star and names(reference, item)
    return names(reference, item)


def _finding(case: Case, file: File, schema: Sequence[File], code: str, name: str, why: str) -> Finding:
    phases = sorted({case.phase(m) for m in schema})
    kind = "a model" if file.file_class is FileClass.MODEL else "application code"
    whose, others = (f" ({found})" if (found := brought(case, files)) else "" for files in ([file], schema))
    verb = "is" if len(schema) == 1 else "are"
    policy = _LAST if is_code_first(case) else POLICY
    message = f"{policy} {file.path} is {kind}{whose}; {shown(schema)} {verb} schema{others}.{why}"
    line = 1 if file.change.path != file.path else file.change.line
    return Finding(
        code,
        name,
        Level.ERROR,
        file.path,
        line,
        message,
        how_to_split(case),
        file_class=file.file_class,
        phase="+".join(phases),
        objects=tuple(sorted({str(item) for m in schema for item in _objects(case, m)})),
        commands=split_commands(case),
        after=what_follows(case),
    )


def _use(
    case: Case,
    file: File,
    schema: Sequence[File],
    code: str,
    name: str,
    reference: CodeReference,
    item: DatabaseObject,
) -> Finding:
    base = _finding(case, file, schema, code, name, "")
    message = (
        f"{POLICY} {reference.path}:{reference.line}:{reference.column} uses {item} ({sureness(reference)}), which "
        f"{shown(schema)}{f' ({who})' if (who := brought(case, schema)) else ''} brings: it must be deployed first."
    )
    return Finding(
        code,
        name,
        Level.ERROR,
        reference.path,
        reference.line,
        message,
        base.help,
        column=reference.column,
        file_class=file.file_class,
        phase=base.phase,
        objects=(str(item),),
        commands=base.commands,
        after=base.after,
    )


def _allowed(case: Case, file: File, schema: Sequence[File], code: str, name: str) -> Finding:
    message = f"{file.path} travels with {shown(schema)} and uses nothing of it: allowed by mode = phase-aware."
    help_text = "Nothing to do. Mode strict would ask for two pull requests."
    phases = "+".join(sorted({case.phase(m) for m in schema}))
    return Finding(
        code,
        name,
        Level.NOTICE,
        file.path,
        file.change.line,
        message,
        help_text,
        file_class=file.file_class,
        phase=phases,
    )


def _objects(case: Case, file: File) -> tuple[DatabaseObject, ...]:
    sql = case.sql_files.get(file.path)
    return (*sql.adds, *sql.removes) if sql is not None else ()
