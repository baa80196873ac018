"""What the statements of a file make, and from where on: also under the names that it gives to it later."""

from collections.abc import Iterable, Mapping, Sequence

from migrator.lint.step import Step
from migrator.schema.model import Table
from migrator.statements.effects import ObjectRef
from migrator.statements.facts.columns import definition
from migrator.statements.parse import pb


def under_new_names(first: Mapping[ObjectRef, int], steps: Sequence[Step]) -> dict[ObjectRef, int]:
    """Return the places with those of the names that a rename gives to what was made before it.

    A name that an older object had is none of them: running code knows it, whatever stands behind it now.
    """
    if not any(step.effects.renames for step in steps):
        return dict(first)  # most files, and large dumps among them
    every, known = dict(first), set[ObjectRef]()
    for step in steps:
        renames = step.effects.renames
        known.update(
            ref for ref in (*step.effects.removes, *(r.source for r in renames)) if not _is_in(every, ref, step)
        )
        for rename in renames:
            if _is_in(every, rename.source, step) and rename.target not in known:
                every.setdefault(rename.target, step.order)
    return every


def _is_in(places: Mapping[ObjectRef, int], ref: ObjectRef, step: Step) -> bool:
    return places.get(ref, step.order) < step.order


def first_of(made: Iterable[tuple[ObjectRef, Step]]) -> dict[ObjectRef, int]:
    """Return the place of the first statement of each object."""
    first: dict[ObjectRef, int] = {}
    for ref, step in made:
        first.setdefault(ref, step.order)
    return first


def is_there(cmd: pb.AlterTableCmd, table: Table | None) -> bool:
    """Whether ADD COLUMN IF NOT EXISTS finds the column."""
    if cmd.subtype != pb.AT_AddColumn or not cmd.missing_ok or table is None:
        return False
    return table.column(definition(cmd).column_def.colname) is not None


_IF_NOT_EXISTS = ("create_stmt", "create_table_as_stmt", "index_stmt", "create_seq_stmt", "create_schema_stmt")


def may_exist(step: Step) -> bool:
    """Whether the statement says IF NOT EXISTS, so that it may find what it would make."""
    kind = step.statement.kind
    if kind in _IF_NOT_EXISTS:
        return getattr(step.statement.node, kind).if_not_exists
    if kind == "alter_table_stmt":
        return any(command.alter_table_cmd.missing_ok for command in step.statement.node.alter_table_stmt.cmds)
    return False
