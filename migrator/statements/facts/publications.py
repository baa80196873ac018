"""Logical replication: publications lock their tables against other DDL, subscriptions talk to another server."""

from migrator.locks import LockLevel
from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.facts.nodes import Asked, is_on, lock, options

_SHARE_UPDATE_EXCLUSIVE = LockLevel.SHARE_UPDATE_EXCLUSIVE


def alter_publication(asked: Asked) -> Effects:
    """ALTER PUBLICATION … ADD, SET, DROP TABLE: SHARE UPDATE EXCLUSIVE on each table named."""
    objects = [node.publication_obj_spec for node in asked.node.alter_publication_stmt.pubobjects]
    tables = (spec.pubtable.relation for spec in objects if spec.HasField("pubtable"))
    return Effects(locks=tuple(lock(table, _SHARE_UPDATE_EXCLUSIVE) for table in tables))


def create_subscription(asked: Asked) -> Effects:
    """CREATE SUBSCRIPTION makes a slot on the publisher, which no transaction can undo, unless told not to."""
    statement = asked.node.create_subscription_stmt
    given = options(statement.options)
    is_local = any(name in given and not is_on(given[name]) for name in ("connect", "create_slot"))
    return Effects(is_transactional=is_local, creates=(ObjectRef("subscription", "", statement.subname),))


def alter_subscription(asked: Asked) -> Effects:
    """ALTER SUBSCRIPTION … REFRESH and SET PUBLICATION run outside transactions, unless they refresh nothing."""
    statement = asked.node.alter_subscription_stmt
    given = options(statement.options)
    is_quiet = "refresh" in given and not is_on(given["refresh"])
    return Effects(is_transactional=is_quiet or not (statement.publication or "copy_data" in given))


def drop_subscription(asked: Asked) -> Effects:
    """DROP SUBSCRIPTION drops the slot on the publisher too: outside transactions, unless it has none."""
    name = asked.node.drop_subscription_stmt.subname
    missing = ("whether the subscription still has its slot (then no transaction block)",)
    return Effects(removes=(ObjectRef("subscription", "", name),), is_transactional=False, missing=missing)
