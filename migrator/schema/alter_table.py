"""ALTER TABLE in the replay: the subcommands that change what recipes and rules must know."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from migrator.names import TableName, quote
from migrator.schema.create_table import add_constraint, column_from, default_text
from migrator.schema.draft import Draft
from migrator.schema.expressions import definition_of
from migrator.schema.types import format_type
from migrator.statements.parse import Node, pb

_Handler = Callable[[Draft, TableName, pb.AlterTableCmd], None]


def alter_table(draft: Draft, statement: pb.AlterTableStmt) -> None:
    """Apply the subcommands in the order of the text; unknown ones and unknown tables change nothing."""
    name = draft.name(statement.relation)
    for node in statement.cmds:
        handler = _HANDLERS.get(node.alter_table_cmd.subtype)
        if handler is not None and name in draft.tables:
            handler(draft, name, node.alter_table_cmd)


def _add_column(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    tree = definition_of(command).column_def
    if draft.tables[table].column(tree.colname) is not None:
        return  # IF NOT EXISTS: the column stays as it is
    draft.add_column(table, column_from(table, tree))
    for node in tree.constraints:
        add_constraint(draft, table, node.constraint, (tree.colname,))


def _drop_column(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.drop_column(table, command.name)


def _column_type(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    tree = definition_of(command).column_def
    draft.change_column(
        table,
        command.name,
        type=format_type(tree.type_name),
        collation=".".join(quote(node.string.sval) for node in tree.coll_clause.collname) or None,
    )


def _default(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    column = draft.tables[table].column(command.name)
    if column is not None:
        expression: Node | None = definition_of(command) if command.HasField("def") else None
        draft.change_column(table, command.name, default=default_text(expression, column.type))


def _set_not_null(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change_column(table, command.name, is_not_null=True)


def _drop_not_null(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change_column(table, command.name, is_not_null=False)


def _add_identity(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change_column(table, command.name, is_identity=True)


def _drop_identity(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change_column(table, command.name, is_identity=False)


def _drop_expression(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change_column(table, command.name, is_generated=False)


def _add_constraint(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    add_constraint(draft, table, definition_of(command).constraint)


def _drop_constraint(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.drop_constraint(table, command.name)


def _validate_constraint(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    known = draft.tables[table].constraints
    validated = (
        replace(c, is_valid=True, definition=c.definition.removesuffix(" NOT VALID")) if c.name == command.name else c
        for c in known
    )
    draft.change(table, constraints=tuple(validated))


def _attach(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change(draft.name(definition_of(command).partition_cmd.name), parent=table)


def _detach(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:  # noqa: ARG001 one signature for all
    draft.change(draft.name(definition_of(command).partition_cmd.name), parent=None)


def _inherit(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:
    draft.change(table, parent=draft.name(definition_of(command).range_var))


def _no_inherit(draft: Draft, table: TableName, command: pb.AlterTableCmd) -> None:  # noqa: ARG001 one signature for all
    draft.change(table, parent=None)


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
    pb.AT_EnableRowSecurity: _enable_row_security,
    pb.AT_DisableRowSecurity: _disable_row_security,
}
