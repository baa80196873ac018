"""GRANT and REVOKE: nothing waits for them, and they wait for nobody but DDL."""

from migrator.locks import LockLevel
from migrator.statements.effects import Effects
from migrator.statements.facts.nodes import Asked, lock
from migrator.statements.parse import pb

_LOCKS_SINCE = 18
"""Older servers change the privileges of a table without any lock on it."""


def grant(asked: Asked) -> Effects:
    """GRANT, REVOKE on tables: ACCESS SHARE from PostgreSQL 18 on, no lock before."""
    statement = asked.node.grant_stmt
    is_on_relations = statement.objtype in (pb.OBJECT_TABLE, pb.OBJECT_SEQUENCE)
    if asked.pg_version < _LOCKS_SINCE or not is_on_relations or statement.targtype != pb.ACL_TARGET_OBJECT:
        return Effects()
    return Effects(locks=tuple(lock(node.range_var, LockLevel.ACCESS_SHARE) for node in statement.objects))
