"""What an older server does not know: the statement fails there, mostly as a syntax error.

Source: the release notes of PostgreSQL 13 to 18; `tests/statements` tries each on a server before and after.
"""

from collections.abc import Iterator

from migrator.statements.facts.columns import constraints_of, definition
from migrator.statements.facts.nodes import Asked
from migrator.statements.parse import pb

_ACTIONS = {
    pb.AT_SetCompression: (14, "SET COMPRESSION"),
    pb.AT_DetachPartitionFinalize: (14, "DETACH PARTITION … FINALIZE"),
    pb.AT_SetAccessMethod: (15, "SET ACCESS METHOD"),
    pb.AT_SetExpression: (17, "SET EXPRESSION"),
    pb.AT_DropExpression: (13, "DROP EXPRESSION"),
}
_CHANGED_KINDS = frozenset({"alter_table_stmt", "create_stmt", "create_trig_stmt", "index_stmt", "merge_stmt"})
"""Those that `_needs` knows."""


def refusals(asked: Asked, kind: str) -> tuple[str, ...]:
    """Return what the server does not know yet, in words; empty for a statement that it understands."""
    if kind not in _CHANGED_KINDS:
        return ()
    found = (need for need in _needs(asked, kind) if need[0] > asked.pg_version)
    return tuple(f"{words} needs PostgreSQL {since}; this is {asked.pg_version}" for since, words in found)


def _needs(asked: Asked, kind: str) -> Iterator[tuple[int, str]]:
    node = asked.node
    match kind:
        case "alter_table_stmt":
            for command in node.alter_table_stmt.cmds:
                yield from _of_action(command.alter_table_cmd)
        case "create_stmt":
            for element in node.create_stmt.table_elts:
                yield from _of_column(element.column_def)
                yield from _of_constraint(element.constraint)
        case "create_trig_stmt" if node.create_trig_stmt.replace:
            yield 14, "CREATE OR REPLACE TRIGGER"
        case "index_stmt" if node.index_stmt.nulls_not_distinct:
            yield 15, "NULLS NOT DISTINCT"
        case "merge_stmt":
            yield 15, "MERGE"
        case _:
            return


def _of_action(cmd: pb.AlterTableCmd) -> Iterator[tuple[int, str]]:
    if cmd.subtype in _ACTIONS:
        yield _ACTIONS[cmd.subtype]
    elif cmd.subtype == pb.AT_AddColumn:
        yield from _of_column(definition(cmd).column_def)
    elif cmd.subtype == pb.AT_AddConstraint:
        tree = definition(cmd).constraint
        yield from _of_constraint(tree)
        if tree.contype == pb.CONSTR_NOTNULL:
            yield 18, "ADD CONSTRAINT … NOT NULL"
    elif cmd.subtype == pb.AT_DetachPartition and definition(cmd).partition_cmd.concurrent:
        yield 14, "DETACH PARTITION … CONCURRENTLY"
    elif cmd.subtype == pb.AT_AlterConstraint and definition(cmd).atalter_constraint.alter_enforceability:
        yield 18, "ALTER CONSTRAINT … [NOT] ENFORCED"


def _of_column(column: pb.ColumnDef) -> Iterator[tuple[int, str]]:
    for kind, constraint in constraints_of(column).items():
        if kind == pb.CONSTR_GENERATED and constraint.generated_kind == "v":
            yield 18, "a VIRTUAL generated column"
        yield from _of_constraint(constraint)


def _of_constraint(constraint: pb.Constraint) -> Iterator[tuple[int, str]]:
    if constraint.nulls_not_distinct:
        yield 15, "NULLS NOT DISTINCT"
    if constraint.contype in (pb.CONSTR_CHECK, pb.CONSTR_FOREIGN) and not constraint.is_enforced:
        yield 18, "NOT ENFORCED"
    if constraint.without_overlaps or constraint.fk_with_period:
        yield 18, "WITHOUT OVERLAPS and PERIOD"
