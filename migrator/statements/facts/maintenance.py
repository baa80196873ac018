"""TRUNCATE, VACUUM, ANALYZE, CLUSTER, REFRESH, LOCK, COMMENT: what people run between the changes."""

from collections.abc import Mapping
from dataclasses import replace

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Effects, Fact, TableLock
from migrator.statements.facts.drops import RELATIONS
from migrator.statements.facts.nodes import Asked, is_on, list_name, lock, options, parts_of, qualified
from migrator.statements.facts.queries import query
from migrator.statements.parse import pb

_ACCESS_EXCLUSIVE = LockLevel.ACCESS_EXCLUSIVE
_SHARE_UPDATE_EXCLUSIVE = LockLevel.SHARE_UPDATE_EXCLUSIVE


def truncate(asked: Asked) -> Effects:
    """TRUNCATE: ACCESS EXCLUSIVE; with CASCADE on every table that references it too."""
    statement = asked.node.truncate_stmt
    is_cascade = statement.behavior == pb.DROP_CASCADE
    return Effects(
        locks=tuple(lock(node.range_var, _ACCESS_EXCLUSIVE) for node in statement.relations),
        missing=("the tables that reference it and are emptied too, by CASCADE",) if is_cascade else (),
    )


def vacuum(asked: Asked) -> Effects:
    """VACUUM and ANALYZE: SHARE UPDATE EXCLUSIVE; VACUUM FULL writes the table again under ACCESS EXCLUSIVE."""
    statement = asked.node.vacuum_stmt
    is_full = is_on(options(statement.options).get("full"))
    level = _ACCESS_EXCLUSIVE if is_full else _SHARE_UPDATE_EXCLUSIVE
    return Effects(
        locks=tuple(lock(node.vacuum_relation.relation, level) for node in statement.rels),
        rewrite=Fact.YES if is_full else Fact.NO,
        scan=Fact.YES if is_full else Fact.NO,
        is_transactional=not statement.is_vacuumcmd,
        is_opaque=not statement.rels and statement.is_vacuumcmd,
        is_unbounded=not is_full,
        missing=() if statement.rels else ("which tables there are: all of them are meant",),
    )


def cluster(asked: Asked) -> Effects:
    """CLUSTER: ACCESS EXCLUSIVE and a rewrite; without a table it goes through all that were clustered before."""
    statement = asked.node.cluster_stmt
    if not statement.HasField("relation"):
        return Effects(is_opaque=True, is_transactional=False, missing=("which tables were clustered before",))
    return Effects(locks=(lock(statement.relation, _ACCESS_EXCLUSIVE),), rewrite=Fact.YES, scan=Fact.YES)


def refresh(asked: Asked) -> Effects:
    """REFRESH MATERIALIZED VIEW: nobody reads it meanwhile; CONCURRENTLY readers go on; WITH NO DATA empties it."""
    statement = asked.node.refresh_mat_view_stmt
    level = LockLevel.EXCLUSIVE if statement.concurrent else _ACCESS_EXCLUSIVE
    if statement.skip_data:
        return Effects(locks=(lock(statement.relation, level),))
    return Effects(
        locks=(lock(statement.relation, level),),
        rewrite=Fact.NO if statement.concurrent else Fact.YES,
        scan=Fact.UNKNOWN,
        missing=("the view's query and the tables that it reads",),
    )


def lock_table(asked: Asked) -> Effects:
    """LOCK TABLE: as asked."""
    statement = asked.node.lock_stmt
    locks = tuple(lock(node.range_var, LockLevel(statement.mode)) for node in statement.relations)
    return Effects(locks=locks, is_unbounded=True)


_ON_A_PART: Mapping[int, LockLevel] = {
    pb.OBJECT_TABCONSTRAINT: LockLevel.ACCESS_SHARE,
    pb.OBJECT_TRIGGER: LockLevel.ACCESS_SHARE,
    pb.OBJECT_POLICY: LockLevel.ACCESS_SHARE,
    pb.OBJECT_RULE: LockLevel.ACCESS_SHARE,
    pb.OBJECT_COLUMN: _SHARE_UPDATE_EXCLUSIVE,
}


def comment(asked: Asked) -> Effects:
    """COMMENT: SHARE UPDATE EXCLUSIVE on a relation or the relation of a column."""
    statement = asked.node.comment_stmt
    if statement.objtype in RELATIONS:
        return Effects(locks=(TableLock(list_name(statement.object), _SHARE_UPDATE_EXCLUSIVE),))
    if statement.objtype in _ON_A_PART:
        return Effects(locks=(TableLock(_table_of_part(statement), _ON_A_PART[statement.objtype]),))
    return Effects()


def security_label(asked: Asked) -> Effects:
    """SECURITY LABEL: as COMMENT."""
    statement = asked.node.sec_label_stmt
    if statement.objtype in RELATIONS:
        return Effects(locks=(TableLock(list_name(statement.object), _SHARE_UPDATE_EXCLUSIVE),))
    if statement.objtype == pb.OBJECT_COLUMN:
        *table, _column = parts_of(statement.object)
        return Effects(locks=(TableLock(qualified(table), _SHARE_UPDATE_EXCLUSIVE),))
    return Effects()


def alter_statistics(_asked: Asked) -> Effects:
    """ALTER STATISTICS … SET STATISTICS: a row of the catalog; the table is not locked."""
    return Effects()


def _table_of_part(statement: pb.CommentStmt) -> TableName:
    *table, _part = parts_of(statement.object)
    return qualified(table)


def explain(asked: Asked) -> Effects:
    """EXPLAIN plans under the locks of the query; ANALYZE also runs it."""
    statement = asked.node.explain_stmt
    is_query = (statement.query.WhichOneof("node") or "") in _QUERIES
    if not is_query:
        return Effects(is_opaque=True, missing=("what the statement explained does",))
    found = query(Asked(statement.query, asked.pg_version))
    if is_on(options(statement.options).get("analyze")):
        return found
    return replace(found, scan=Fact.NO, scans=(), creates=(), missing=(), is_opaque=False, is_unbounded=False)


_QUERIES = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
