"""ALTER TABLE in the replay: the subcommands that change what recipes and rules must know."""

from collections.abc import Callable, Mapping

from migrator.names import TableName, quote
from migrator.schema.create_table import (
    add_constraint,
    bound_of,
    column_from,
    default_text,
    record_generated,
)
from migrator.schema.draft import Draft
from migrator.schema.expressions import definition_of
from migrator.schema.parts import Constraint, changed
from migrator.schema.removals import drop_column, drop_constraint
from migrator.schema.sequences import identity_from
from migrator.schema.types import format_type
from migrator.statements.facts.columns import own_constraints
from migrator.statements.parse import Node, pb

_Handler = Callable[[Draft, TableName, pb.AlterTableCmd], None]


def alter_table(draft: Draft, statement: pb.AlterTableStmt) -> None:
    """Apply the subcommands in the order of the text; unknown ones and unknown tables change nothing."""
    name = draft.name(statement.relation)
    if draft.table(name) is None:
        return
    for node in statement.cmds:
        command = node.alter_table_cmd
        handler = _HANDLERS.get(command.subtype)
        if handler is not None:
            handler(draft, name, command)
            if command.subtype in _INHERITED and statement.relation.inh and not _is_kept_here(command):
                _repeat(draft, name, command, handler)


def _repeat(draft: Draft, name: TableName, command: pb.AlterTableCmd, handler: "_Handler") -> None:
    """Do the same to partitions and heirs."""
    for child in draft.links.children(name):
        table = draft.table(child)
        if table is not None and table.parent == name:
            handler(draft, child, command)
            _repeat(draft, child, command, handler)


def _is_kept_here(command: pb.AlterTableCmd) -> bool:
    """Whether an added constraint stays on the table: keys get other names below, NO INHERIT says so."""
    if command.subtype != pb.AT_AddConstraint:
        return False
    tree = definition_of(command).constraint
    return tree.is_no_inherit or tree.contype not in (pb.CONSTR_CHECK, pb.CONSTR_NOTNULL, pb.CONSTR_FOREIGN)


def _add_column(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    tree = definition_of(command).column_def
    known = draft.table(table)
    if known is None or known.column(tree.colname) is not None:
        return  # IF NOT EXISTS: the column stays as it is
    draft.add_column(table, column_from(table, tree))
    for constraint in own_constraints(tree):
        add_constraint(draft, table, constraint, (tree.colname,))
    record_generated(draft, table, tree)


def _drop_column(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    drop_column(draft, table, command.name)


def _column_type(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    tree = definition_of(command).column_def
    draft.change_column(
        table,
        command.name,
        type=format_type(tree.type_name),
        collation=".".join(quote(node.string.sval) for node in tree.coll_clause.collname) or None,
    )


def _default(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    known = draft.table(table)
    column = known.column(command.name) if known else None
    if column is not None:
        expression: Node | None = definition_of(command) if command.HasField("def") else None
        draft.change_column(table, command.name, default=default_text(expression, column.type))


def _set_not_null(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change_column(table, command.name, is_not_null=True)


def _drop_not_null(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change_column(table, command.name, is_not_null=False)


def _add_identity(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    identity = identity_from(table, command.name, [definition_of(command)])
    draft.change_column(table, command.name, is_identity=True, identity=identity)


def _drop_identity(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change_column(table, command.name, is_identity=False, identity=None)


def _drop_expression(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change_column(table, command.name, is_generated=False, is_virtual=False)


def _add_constraint(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    add_constraint(draft, table, definition_of(command).constraint)


def _drop_constraint(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    known = draft.table(table)
    dropped = next((c for c in known.constraints if c.name == command.name), None) if known else None
    drop_constraint(draft, table, command.name)
    if dropped is not None and dropped.kind == "not null":
        for column in dropped.columns:
            draft.change_column(table, column, is_not_null=False)


def _validate_constraint(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    known = draft.table(table)
    for constraint in known.constraints if known else ():
        if constraint.name == command.name and not constraint.is_valid:
            _put_valid(draft, table, constraint)


def _put_valid(draft: Draft, table: TableName, constraint: Constraint) -> None:
    if constraint.kind == "not null":
        draft.change_column(table, constraint.columns[0], is_not_null=True)
    valid = changed(constraint, is_valid=True, definition=constraint.definition.removesuffix(" NOT VALID"))
    known = draft.table(table)
    if known is not None:
        draft.change(table, constraints=tuple(valid if c is constraint else c for c in known.constraints))


def _attach(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    partition = definition_of(command).partition_cmd
    child = draft.name(partition.name)
    draft.set_parent(child, table, is_partition=True, bound=bound_of(partition.bound))
    if child not in draft.empty:
        draft.empty -= {table}


def _detach(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:  # noqa: ARG001 one signature for all
    draft.set_parent(draft.name(definition_of(command).partition_cmd.name), None, is_partition=False, bound=None)


def _inherit(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.set_parent(table, draft.name(definition_of(command).range_var))


def _no_inherit(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:  # noqa: ARG001 one signature for all
    draft.set_parent(table, None)


def _logged(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change(table, persistence="p" if command.subtype == pb.AT_SetLogged else "u")


def _tablespace(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change(table, tablespace=command.name)


def _access_method(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change(table, access_method=command.name or None)


def _enable_row_security(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:  # noqa: ARG001 as above
    draft.change(table, has_row_security=True)


def _disable_row_security(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:  # noqa: ARG001 as above
    draft.change(table, has_row_security=False)


_HANDLERS: Mapping[int, _Handler] = {
    pb.AT_AddColumn: _add_column,
    pb.AT_DropColumn: _drop_column,
    pb.AT_AlterColumnType: _column_type,
    pb.AT_ColumnDefault: _default,
    pb.AT_SetNotNull: _set_not_null,
    pb.AT_DropNotNull: _drop_not_null,
    pb.AT_AddIdentity: _add_identity,
    pb.AT_DropIdentity: _drop_identity,
    pb.AT_DropExpression: _drop_expression,
    pb.AT_AddConstraint: _add_constraint,
    pb.AT_DropConstraint: _drop_constraint,
    pb.AT_ValidateConstraint: _validate_constraint,
    pb.AT_AttachPartition: _attach,
    pb.AT_DetachPartition: _detach,
    pb.AT_AddInherit: _inherit,
    pb.AT_DropInherit: _no_inherit,
    pb.AT_SetLogged: _logged,
    pb.AT_SetUnLogged: _logged,
    pb.AT_SetTableSpace: _tablespace,
    pb.AT_SetAccessMethod: _access_method,
    pb.AT_EnableRowSecurity: _enable_row_security,
    pb.AT_DisableRowSecurity: _disable_row_security,
}

_INHERITED = frozenset(
    {
        pb.AT_AddColumn,
        pb.AT_DropColumn,
        pb.AT_AlterColumnType,
        pb.AT_ColumnDefault,
        pb.AT_SetNotNull,
        pb.AT_DropNotNull,
        pb.AT_DropExpression,
        pb.AT_AddConstraint,
        pb.AT_DropConstraint,
        pb.AT_ValidateConstraint,
    }
)
"""Actions that partitions and heirs follow."""
