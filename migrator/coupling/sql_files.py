"""What the changed migration files do, read from their SQL at head: never declared by hand.

A file in a migration's folder has the phase of its name, and is `mixed` when its SQL does what belongs to another
phase. A plain file has no phase; it is mixed when it both adds something for new code and removes something that
old code uses. Django's, Alembic's and other programs are read by `migrator.coupling.frameworks`.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal, cast

from migrator.coupling.backfills import backfilled
from migrator.coupling.evidence import DatabaseObject, SqlFile
from migrator.coupling.evolutions import ups_of
from migrator.coupling.loose_sql import UNTOLD, filled_in, in_block
from migrator.lint.halves import forward_text, is_way_back
from migrator.names import TableName
from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.facts import effects_of
from migrator.statements.parse import parse_sql
from migrator.statements.statement import Statement

Phase = Literal["expand", "migrate", "contract", "abort", "verify", "manifest", "none"]
Read = Callable[[str], str | None]
"""Path -> text at head; None when there is no such file, or it is no UTF-8."""

_PHASES: dict[str, Phase] = {
    "expand.sql": "expand",
    "migrate.sql": "migrate",
    "contract.sql": "contract",
    "abort.sql": "abort",
    "verify.sql": "verify",
    "migration.toml": "manifest",
}
_LFS = "version https://git-lfs.github.com/spec/"
_DOWN = re.compile(r"(^|/)revert/[^/]+\.sql\Z")
_REMOVAL = re.compile(r"\b(?:DROP|RENAME)\b", re.IGNORECASE)
_VERIFY = re.compile(r"(^|/)verify/[^/]+\.sql\Z")
_SHAPE = frozenset({"table", "view", "materialized view", "foreign table", "column"})
_CALLED = frozenset({"function", "procedure"})
_RUNS = frozenset({"select_stmt", "call_stmt", "do_stmt"})
_USED_BY_CODE = _SHAPE | {"type", "schema", "sequence", "function", "procedure", "enum value"}


def phase_of(path: str, read: Read) -> Phase:
    """Return the phase of a migration file: by its name when it stands in a migration's folder."""
    name = PurePosixPath(path).name
    if name in _PHASES and (name == "migration.toml" or _is_in_folder(path, read)):
        return _PHASES[name]
    if _DOWN.search(path) or is_way_back(Path(path)):
        return "abort"
    return "verify" if _VERIFY.search(path) else "none"


def read_sql_file(path: str, read: Read, pg_version: int, before: Read | None = None) -> SqlFile:
    """Return what one changed `.sql` file or manifest does.

    Args:
        path: from the repository's root.
        read: the files at head.
        pg_version: the major version by whose facts the SQL is judged.
        before: the files at the base, which tell the backfills of a manifest that are not new.
    """
    phase = phase_of(path, read)
    values: dict[str, Any] = {"path": path, "migration": _migration(path, phase), "phase": phase}
    if phase == "manifest":
        tables = backfilled(read(path), before(path) if before else None)
        return SqlFile.model_validate({**values, **_deadline(path, read), "tables": tables})
    values |= _deadline(path, read) if phase != "none" else {}
    text = read(path)
    if text is None:
        return SqlFile.model_validate({**values, "problem": "it is no UTF-8 text"})
    if text.startswith(_LFS):
        return SqlFile.model_validate(
            {**values, "problem": "git has only Git LFS's pointer to it: keep it in git itself"}
        )
    return SqlFile.model_validate({**values, **_content(forward_text(Path(path), ups_of(text)), phase, pg_version)})


def objects_of(text: str) -> tuple[tuple[DatabaseObject, ...], ...] | None:
    """Return what the SQL adds and removes, and the tables that it works on; None when it cannot be read."""
    parsed = parse_sql(text)
    if parsed.problems:
        return None
    acts = [_act(statement, effects_of(statement)) for statement in parsed.statements]
    tables = (_table(table) for act in acts for table in act.tables)
    adds, removes = (item for act in acts for item in act.adds), (item for act in acts for item in act.removes)
    return _each(adds), _each(removes), _each(tables)


def _is_in_folder(path: str, read: Read) -> bool:
    folder = PurePosixPath(path).parent
    return any(read(str(folder / name)) is not None for name in ("migration.toml", "expand.sql"))


def _migration(path: str, phase: Phase) -> str:
    file = PurePosixPath(path)
    return file.parent.name if phase not in {"none", "abort"} or file.name in _PHASES else file.stem


def _deadline(path: str, read: Read) -> dict[str, Any]:
    """Return the manifest's deadline, and whether there is something that needs one."""
    folder = PurePosixPath(path).parent
    text = read(str(folder / "migration.toml"))
    if text is None:
        return {}
    try:
        contract = cast("dict[str, Any] | None", tomllib.loads(text).get("contract"))
    except (tomllib.TOMLDecodeError, AttributeError):
        return {"needs_deadline": True}
    day = contract.get("contract_by") if isinstance(contract, dict) else None
    has_contract = contract is not None or read(str(folder / "contract.sql")) is not None
    return {"needs_deadline": has_contract, "contract_by": None if day is None else str(day)}


@dataclass(frozen=True, slots=True)
class _Act:
    """One statement and what it does to shapes that code knows."""

    line: int
    adds: tuple[DatabaseObject, ...]
    removes: tuple[DatabaseObject, ...]
    tables: tuple[TableName, ...]


def _content(text: str, phase: Phase, pg_version: int) -> dict[str, Any]:
    parsed = parse_sql(text)
    if parsed.problems:
        problem, parsed = parsed.problems[0], parse_sql(filled_in(text))
        if parsed.problems:
            return {"problem": f"it cannot be read: {problem.message}", "mixed_line": problem.line}
    run = " ".join(statement.text for statement in parsed.statements if statement.kind in _RUNS)
    acts = [act for statement in parsed.statements for act in _acts(statement, pg_version, run)]
    if (lost := next(_untold(acts), None)) is not None:
        return {"problem": lost[0], "mixed_line": lost[1]}
    adds = _each(item for act in acts for item in act.adds)
    removes = tuple(item for item in _each(i for act in acts for i in act.removes) if not is_made_here(item, adds))
    tables = dict.fromkeys(table for act in acts for table in act.tables)
    mixed = _mixed(phase, adds, removes)
    return {
        "adds": tuple(item for item in adds if item not in removes),
        "removes": removes,
        "tables": tuple(map(_table, tables)),
        "mixed": mixed[0] if mixed else "",
        "mixed_line": _line(acts, mixed[1]) if mixed else 1,
    }


def _acts(statement: Statement, pg_version: int, run: str) -> Iterator[_Act]:
    """Yield what a statement does; a DO block does what stands in it, and may do it through EXECUTE.

    So does a function that the same file calls: `run` is the text of the statements that can.
    """
    effects = effects_of(statement, pg_version)
    yield _act(statement, effects)
    is_called = any(item.kind in _CALLED and f"{item.name}(" in run for item in effects.creates)
    for text in in_block(statement.text) if statement.kind == "do_stmt" or is_called else ():
        inner = parse_sql(text)
        if inner.problems:
            unknown = DatabaseObject(kind="table", schema_name="", name=UNTOLD)
            yield _Act(statement.line, (), (unknown,) if _REMOVAL.search(text) else (), ())
        for each in inner.statements if not inner.problems else ():
            yield replace(_act(each, effects_of(each, pg_version)), line=statement.line)


def _untold(acts: Iterable[_Act]) -> Iterator[tuple[str, int]]:
    """Yield each removal that cannot be compared with the code, with its line."""
    for act in acts:
        for item in act.removes:
            if UNTOLD in f"{item.table} {item.name}":
                yield (
                    f"it cannot be told what line {act.line} removes or renames: its name comes from elsewhere",
                    act.line,
                )
            elif item.kind == "schema":
                yield (
                    f"line {act.line} removes the schema {item.name} with all in it: drop its tables by name first",
                    act.line,
                )


def _act(statement: Statement, effects: Effects) -> _Act:
    gone = (*effects.removes, *(rename.source for rename in effects.renames))
    renamed = (ref._replace(name=rename.new_name) for rename in effects.renames if (ref := rename.source))
    return _Act(
        statement.line,
        tuple(_objects((*effects.creates, *renamed))),
        tuple(_objects(gone)),
        tuple(lock.table for lock in effects.locks),
    )


def _table(name: TableName) -> DatabaseObject:
    return DatabaseObject(kind="table", schema_name=name.schema, name=name.name)


def _objects(refs: Iterable[ObjectRef]) -> Iterator[DatabaseObject]:
    for ref in refs:
        if ref.kind in _USED_BY_CODE:
            yield DatabaseObject(kind=ref.kind, schema_name=ref.schema, table=ref.table, name=ref.name)


def is_made_here(item: DatabaseObject, adds: Iterable[DatabaseObject]) -> bool:
    """Whether the file makes it, or its table, too: a table renamed from under a view of its name breaks nobody."""
    made = {(i.schema_name, i.table, i.name) for i in adds}
    return (item.schema_name, item.table, item.name) in made or (item.schema_name, "", item.table) in made


def mixed_reason(phase: Phase, adds: Iterable[DatabaseObject], removes: Iterable[DatabaseObject]) -> str:
    """Return why a file of this phase that does this belongs to more than one; empty when it does not."""
    pair = _mixed(phase, tuple(adds), tuple(removes))
    return pair[0] if pair else ""


def _mixed(
    phase: Phase, adds: tuple[DatabaseObject, ...], removes: tuple[DatabaseObject, ...]
) -> tuple[str, DatabaseObject] | None:
    """Return the reason, and the object that should not be there."""
    if phase in {"expand", "migrate"} and removes:
        return f"{phase}.sql removes {removes[0]}, which running code may use", removes[0]
    new = [item for item in adds if item.kind in _SHAPE and item not in removes]
    old = [item for item in removes if item.kind in _SHAPE]
    if phase == "contract" and new:
        return f"contract.sql adds {new[0]}, which belongs into expand.sql", new[0]
    if phase == "none" and new and old:
        return f"it adds {new[0]} and removes {old[0]} in one step", old[0]
    return None


def _line(acts: Iterable[_Act], item: DatabaseObject) -> int:
    return next((act.line for act in acts if item in act.adds or item in act.removes), 1)


def _each(items: Iterable[DatabaseObject]) -> tuple[DatabaseObject, ...]:
    return tuple(dict.fromkeys(items))
