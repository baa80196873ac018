"""CREATE INDEX and REINDEX, which build under a lock or, CONCURRENTLY, beside the traffic."""

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Effects, Fact, TableLock
from migrator.statements.facts.nodes import Asked, is_on, options, ref, table_name
from migrator.statements.parse import pb


def create_index(asked: Asked) -> Effects:
    """SHARE for the whole build; CONCURRENTLY takes SHARE UPDATE EXCLUSIVE and cannot run in a transaction."""
    index = asked.node.index_stmt
    table = table_name(index.relation)
    level = LockLevel.SHARE_UPDATE_EXCLUSIVE if index.concurrent else LockLevel.SHARE
    only = ("whether the table is partitioned (then ON ONLY builds nothing)",)
    return Effects(
        locks=(TableLock(table, level),),
        scan=Fact.YES if index.relation.inh else Fact.UNKNOWN,
        index_build=True,
        is_transactional=not index.concurrent,
        creates=(ref("index", TableName(table.schema, index.idxname)),) if index.idxname else (),
        missing=() if index.relation.inh else only,
    )


def reindex(asked: Asked) -> Effects:
    """SHARE on the table and ACCESS EXCLUSIVE on its indexes, which stops plain reads too; CONCURRENTLY neither."""
    statement = asked.node.reindex_stmt
    is_concurrent = is_on(options(statement.params).get("concurrently"))
    if statement.kind == pb.REINDEX_OBJECT_TABLE:
        return _reindex_table(table_name(statement.relation), is_concurrent=is_concurrent)
    if statement.kind == pb.REINDEX_OBJECT_INDEX:
        return _reindex_index(table_name(statement.relation), is_concurrent=is_concurrent)
    return Effects(is_opaque=True, is_transactional=False, missing=("the tables of the schema or database",))


def _reindex_table(table: TableName, *, is_concurrent: bool) -> Effects:
    level = LockLevel.SHARE_UPDATE_EXCLUSIVE if is_concurrent else LockLevel.SHARE
    return Effects(
        locks=(TableLock(table, level),), scan=Fact.YES, index_build=True, is_transactional=not is_concurrent
    )


def _reindex_index(index: TableName, *, is_concurrent: bool) -> Effects:
    level = LockLevel.SHARE_UPDATE_EXCLUSIVE if is_concurrent else LockLevel.ACCESS_EXCLUSIVE
    return Effects(
        locks=(TableLock(index, level),),
        scan=Fact.YES,
        scans=(index,),
        index_build=True,
        is_transactional=not is_concurrent,
        missing=(f"the table of index {index} ({level if is_concurrent else LockLevel.SHARE} is taken on it)",),
    )
