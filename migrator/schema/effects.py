"""What a statement does to the schema that is there: the facts of the text, made sure by what is known.

`effects_in` is the entry point of lint: `migrator.statements.facts` says what the text alone tells, and leaves UNKNOWN
what depends on types, constraints, partitions and rows; here the schema answers. What it cannot answer stays UNKNOWN,
with `missing` in words.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from migrator.names import TableName
from migrator.schema.expressions import definition_of
from migrator.schema.facts import columns, domains, drops, families, foreign_keys, indexes, partitions, renames, tables
from migrator.schema.facts.absent import is_absent
from migrator.schema.facts.known import Known, Situation, failing, locked, names_of, without_dropped
from migrator.schema.facts.recursion import is_kept_here, recurses, refusal
from migrator.schema.model import Schema
from migrator.schema.parts import Table
from migrator.schema.search_path import resolved
from migrator.statements.effects import Effects, Fact, combined, located
from migrator.statements.facts import effects_of
from migrator.statements.facts.alter_table import action_effects
from migrator.statements.facts.nodes import Asked, table_name
from migrator.statements.facts.table import NEWEST
from migrator.statements.facts.versions import refusals
from migrator.statements.parse import pb
from migrator.statements.statement import Statement

_NO_SETTINGS: Mapping[str, str] = {}


def effects_in(
    statement: Statement, schema: Schema | None, pg_version: int = 17, settings: Mapping[str, str] = _NO_SETTINGS
) -> Effects:
    """Return what the statement does, given the schema before it (None: nothing is known but the text).

    `settings` are the session's, by name in lower case; only those that change an effect are read (timezone).
    """
    if schema is None:
        return effects_of(statement, pg_version)
    statement = resolved(statement, schema)
    if is_absent(statement.node, schema):
        return Effects()
    if statement.kind == "alter_table_stmt" and schema.table(table_name(statement.node.alter_table_stmt.relation)):
        return _rows_known(_alter_table(statement, schema, pg_version, settings), schema)
    facts = effects_of(statement, pg_version)
    read = _STATEMENTS.get(statement.kind)
    if read is not None:
        facts = located(read(Situation(statement.node, schema, pg_version), facts))
    return _rows_known(facts, schema) if schema.empty else facts


def action_effects_in(
    cmd: pb.AlterTableCmd,
    statement: Statement,
    schema: Schema | None,
    pg_version: int = 17,
    settings: Mapping[str, str] = _NO_SETTINGS,
) -> Effects:
    """Return the effects of one action of an ALTER TABLE alone; `cmd` is one of the statement's."""
    if schema is None:
        return action_effects(cmd, table_name(statement.node.alter_table_stmt.relation))
    statement = resolved(statement, schema)
    if is_absent(statement.node, schema):
        return Effects()
    tree = statement.node.alter_table_stmt
    name = table_name(tree.relation)
    return _rows_known(_action(cmd, name, tree, schema, pg_version, settings), schema)


def _alter_table(statement: Statement, schema: Schema, pg_version: int, settings: Mapping[str, str]) -> Effects:
    tree = statement.node.alter_table_stmt
    name = table_name(tree.relation)
    found = combined(_action(n.alter_table_cmd, name, tree, schema, pg_version, settings) for n in tree.cmds)
    if pg_version < NEWEST:
        too_new = refusals(Asked(statement.node, pg_version), statement.kind)
        found = replace(found, errors=(*found.errors, *too_new)) if too_new else found
    return found if len(tree.cmds) == 1 else _evened(found, names_of(schema.descendants(name)))


def _evened(effects: Effects, children: tuple[TableName, ...]) -> Effects:
    """Partitions and heirs are locked as hard as the table: the server takes one level for the whole statement."""
    touched = [lock.table for lock in effects.locks if lock.table in children]
    return locked(effects, effects.level, *touched) if touched else effects


def _action(
    cmd: pb.AlterTableCmd,
    name: TableName,
    tree: pb.AlterTableStmt,
    schema: Schema,
    pg_version: int,
    settings: Mapping[str, str],
) -> Effects:
    facts = action_effects(cmd, name)
    table = schema.table(name)
    if table is None or tree.objtype not in (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE):
        return facts
    if (words := refusal(cmd, table, schema, is_only=not tree.relation.inh)) is not None:
        return failing(facts, words)
    commands = [node.alter_table_cmd for node in tree.cmds]
    is_only = not tree.relation.inh
    own = _refined(Known(cmd, _present(table, cmd, commands), schema, pg_version, settings, is_only), facts)
    heirs = schema.descendants(name) if tree.relation.inh and recurses(cmd, table, pg_version) else ()
    if not heirs:
        return own
    if is_kept_here(cmd):
        return locked(own, own.level, *names_of(heirs))
    parts = (Known(cmd, _present(heir, cmd, commands), schema, pg_version, settings) for heir in heirs)
    below = [_below(_refined(part, action_effects(cmd, part.name)), own, part.name) for part in parts]
    return combined((own, *below))


def _present(table: Table, cmd: pb.AlterTableCmd, commands: list[pb.AlterTableCmd]) -> Table:
    return table if cmd.subtype == pb.AT_DropConstraint else without_dropped(table, commands)


def _below(effects: Effects, own: Effects, name: TableName) -> Effects:
    """Return what the action does to a partition or heir, which is locked as hard as the table itself."""
    return replace(locked(effects, own.level, name), creates=(), removes=(), renames=())


def _refined(known: Known, facts: Effects) -> Effects:
    read = _READERS.get(known.cmd.subtype)
    if known.cmd.subtype == pb.AT_AddConstraint:
        read = _CONSTRAINTS.get(definition_of(known.cmd).constraint.contype)
    found = facts if read is None else located(read(known, facts))
    return _without_storage(found, known.name) if known.table.is_partitioned else found


def _without_storage(effects: Effects, name: TableName) -> Effects:
    """A partitioned table has no rows of its own."""
    rewrites = tuple(table for table in effects.rewrites if table != name)
    scans = tuple(table for table in effects.scans if table != name)
    return replace(
        effects,
        rewrites=rewrites,
        scans=scans,
        rewrite=Fact.NO if effects.rewrite is Fact.YES and not rewrites else effects.rewrite,
        scan=Fact.NO if effects.scan is Fact.YES and not scans else effects.scan,
        index_build=effects.index_build and bool(scans),
    )


def _rows_known(effects: Effects, schema: Schema) -> Effects:
    """Name the tables among those touched that surely hold no row."""
    if not schema.empty:
        return effects
    touched = {lock.table for lock in effects.locks} | {*effects.rewrites, *effects.scans}
    empty = tuple(sorted(touched & schema.empty))
    return replace(effects, without_rows=empty) if empty else effects


_READERS: Mapping[int, Callable[[Known, Effects], Effects]] = {
    **columns.READERS,
    **tables.READERS,
    **partitions.READERS,
    pb.AT_DropColumn: foreign_keys.drop_column,
    pb.AT_DropConstraint: foreign_keys.drop_constraint,
    pb.AT_ValidateConstraint: foreign_keys.validate,
    pb.AT_AlterConstraint: foreign_keys.alter_constraint,
}
_CONSTRAINTS: Mapping[int, Callable[[Known, Effects], Effects]] = {
    pb.CONSTR_FOREIGN: foreign_keys.add_foreign_key,
    pb.CONSTR_UNIQUE: indexes.add_key,
    pb.CONSTR_PRIMARY: indexes.add_key,
    pb.CONSTR_EXCLUSION: indexes.add_key,
    pb.CONSTR_NOTNULL: indexes.add_not_null,
}
_STATEMENTS: Mapping[str, Callable[[Situation, Effects], Effects]] = {
    "create_stmt": partitions.create_table,
    "drop_stmt": drops.drop,
    "truncate_stmt": drops.truncate,
    "index_stmt": indexes.create_index,
    "reindex_stmt": indexes.reindex,
    "alter_domain_stmt": domains.alter_domain,
    "alter_table_stmt": domains.alter_composite_type,
    "rename_stmt": renames.rename,
    "lock_stmt": families.lock_table,
    "create_trig_stmt": families.create_trigger,
    "refresh_mat_view_stmt": families.refresh,
}
