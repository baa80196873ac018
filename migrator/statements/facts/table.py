"""The table of facts: every kind of statement that is understood, and who reads it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from migrator.statements.effects import Effects, located
from migrator.statements.facts import (
    alter_table,
    creates,
    drops,
    extensions,
    indexes,
    maintenance,
    privileges,
    publications,
    queries,
    renames,
)
from migrator.statements.facts.nodes import OPAQUE, Asked
from migrator.statements.facts.versions import refusals
from migrator.statements.statement import Statement

NEWEST = 18
"""The newest server that the grammar knows: nothing is too new for it."""


def effects_of(statement: Statement, pg_version: int = 17) -> Effects:
    """Return what the statement does on a server of that major version; what is not understood is opaque."""
    read = FACTS.get(statement.kind)
    if read is None:
        return OPAQUE
    asked = Asked(statement.shape, pg_version)
    found = located(read(asked))
    if pg_version < NEWEST and (errors := refusals(asked, statement.kind)):
        return replace(found, errors=(*found.errors, *errors))
    return found


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
    "fetch_stmt": _harmless,
    "close_portal_stmt": _harmless,
    "load_stmt": _harmless,
    "drop_role_stmt": _harmless,
    "alter_collation_stmt": _harmless,
    "alter_operator_stmt": _harmless,
    "alter_type_stmt": _harmless,
    "alter_op_family_stmt": _harmless,
    "alter_tsdictionary_stmt": _harmless,
    "alter_tsconfiguration_stmt": _harmless,
    "alter_object_depends_stmt": extensions.depends,
    "alter_event_trig_stmt": _harmless,
    "alter_fdw_stmt": _harmless,
    "alter_foreign_server_stmt": _harmless,
    "create_user_mapping_stmt": _harmless,
    "alter_user_mapping_stmt": _harmless,
    "drop_user_mapping_stmt": _harmless,
    "alter_table_space_options_stmt": _harmless,
    "alter_database_refresh_coll_stmt": _harmless,
    "alter_database_stmt": extensions.alter_database,
    "sec_label_stmt": maintenance.security_label,
    "alter_stats_stmt": maintenance.alter_statistics,
    "create_foreign_table_stmt": creates.create_foreign_table,
    "create_fdw_stmt": extensions.create_global,
    "create_foreign_server_stmt": extensions.create_global,
    "create_am_stmt": extensions.create_global,
    "create_plang_stmt": extensions.create_global,
    "create_event_trig_stmt": extensions.create_global,
    "create_op_class_stmt": extensions.create_global,
    "create_op_family_stmt": extensions.create_global,
    "create_conversion_stmt": extensions.create_global,
    "create_cast_stmt": extensions.create_global,
    "create_transform_stmt": extensions.create_global,
    "import_foreign_schema_stmt": extensions.import_schema,
    "alter_extension_stmt": extensions.update_extension,
    "alter_extension_contents_stmt": extensions.alter_contents,
    "alter_publication_stmt": publications.alter_publication,
    "create_subscription_stmt": publications.create_subscription,
    "alter_subscription_stmt": publications.alter_subscription,
    "drop_subscription_stmt": publications.drop_subscription,
    "declare_cursor_stmt": queries.cursor,
    "do_stmt": extensions.runs_code,
    "call_stmt": extensions.runs_code,
    "execute_stmt": extensions.runs_code,
    "drop_owned_stmt": extensions.everything_of_a_role,
    "reassign_owned_stmt": extensions.everything_of_a_role,
    "alter_table_move_all_stmt": extensions.move_all,
    "dropdb_stmt": _outside_transactions,
    "drop_table_space_stmt": _outside_transactions,
    "discard_stmt": _outside_transactions,
    "check_point_stmt": _harmless,
    "alter_system_stmt": _outside_transactions,
    "createdb_stmt": _outside_transactions,
    "create_table_space_stmt": _outside_transactions,
}
