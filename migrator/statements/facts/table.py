"""The table of facts: every kind of statement that is understood, and who reads it."""

from collections.abc import Callable, Mapping

from migrator.statements.effects import Effects, located
from migrator.statements.facts import alter_table, creates, drops, indexes, maintenance, privileges, queries, renames
from migrator.statements.facts.nodes import OPAQUE, Asked
from migrator.statements.statement import Statement


def effects_of(statement: Statement, pg_version: int = 17) -> Effects:
    """Return what the statement does on a server of that major version; what is not understood is opaque."""
    read = FACTS.get(statement.kind)
    return OPAQUE if read is None else located(read(Asked(statement.node, pg_version)))


def _harmless(_asked: Asked) -> Effects:
    return Effects()


def _outside_transactions(_asked: Asked) -> Effects:
    return Effects(is_transactional=False)


FACTS: Mapping[str, Callable[[Asked], Effects]] = {
    "alter_table_stmt": alter_table.alter_table,
    "rename_stmt": renames.rename,
    "alter_object_schema_stmt": renames.set_schema,
    "alter_enum_stmt": renames.alter_enum,
    "drop_stmt": drops.drop,
    "index_stmt": indexes.create_index,
    "reindex_stmt": indexes.reindex,
    "create_stmt": creates.create_table,
    "create_table_as_stmt": creates.create_table_as,
    "view_stmt": creates.create_view,
    "create_seq_stmt": creates.create_sequence,
    "alter_seq_stmt": creates.alter_sequence,
    "create_trig_stmt": creates.create_trigger,
    "create_policy_stmt": creates.create_policy,
    "alter_policy_stmt": creates.alter_policy,
    "rule_stmt": creates.create_rule,
    "create_function_stmt": creates.create_function,
    "create_stats_stmt": creates.create_statistics,
    "create_publication_stmt": creates.create_publication,
    "create_schema_stmt": creates.create_schema,
    "create_extension_stmt": creates.create_extension,
    "create_enum_stmt": creates.create_type,
    "create_domain_stmt": creates.create_type,
    "create_range_stmt": creates.create_type,
    "composite_type_stmt": creates.create_type,
    "define_stmt": creates.define,
    "alter_domain_stmt": creates.alter_domain,
    "truncate_stmt": maintenance.truncate,
    "vacuum_stmt": maintenance.vacuum,
    "cluster_stmt": maintenance.cluster,
    "refresh_mat_view_stmt": maintenance.refresh,
    "lock_stmt": maintenance.lock_table,
    "comment_stmt": maintenance.comment,
    "explain_stmt": maintenance.explain,
    "select_stmt": queries.query,
    "insert_stmt": queries.query,
    "update_stmt": queries.query,
    "delete_stmt": queries.query,
    "merge_stmt": queries.query,
    "copy_stmt": queries.copy,
    # No lock on any table: sessions, transactions, privileges, roles, functions' attributes.
    "transaction_stmt": _harmless,
    "variable_set_stmt": _harmless,
    "variable_show_stmt": _harmless,
    "constraints_set_stmt": _harmless,
    "grant_stmt": privileges.grant,
    "grant_role_stmt": _harmless,
    "alter_default_privileges_stmt": _harmless,
    "create_role_stmt": _harmless,
    "alter_role_stmt": _harmless,
    "alter_role_set_stmt": _harmless,
    "alter_function_stmt": _harmless,
    "alter_owner_stmt": _harmless,
    "alter_database_set_stmt": _harmless,
    "notify_stmt": _harmless,
    "listen_stmt": _harmless,
    "unlisten_stmt": _harmless,
    "deallocate_stmt": _harmless,
    "prepare_stmt": _harmless,
    "discard_stmt": _outside_transactions,
    "check_point_stmt": _harmless,
    "alter_system_stmt": _outside_transactions,
    "createdb_stmt": _outside_transactions,
    "create_table_space_stmt": _outside_transactions,
}
