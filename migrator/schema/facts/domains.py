"""Domains: a new rule is tried on every table that has a column of the domain."""

from dataclasses import replace

from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.schema.facts.drops import users_of_type
from migrator.schema.facts.known import Situation, failing, locked, scanning
from migrator.schema.model import Schema
from migrator.schema.parts import Domain
from migrator.statements.effects import Effects
from migrator.statements.facts.nodes import qualified, table_name, words
from migrator.statements.parse import pb


def domain_of(schema: Schema, type_text: str) -> Domain | None:
    """Return the domain that a type's text names, or None when it names none that is known."""
    if "(" in type_text or type_text.count(".") > 1 or " " in type_text.replace('"', ""):
        return None
    name = TableName.parse(type_text.removesuffix("[]"))
    return schema.domains.get(name)


def constrained_domain(schema: Schema, type_text: str) -> Domain | None:
    """Return the first domain with rules at or below a type: a value of the type may be refused."""
    domain = domain_of(schema, type_text)
    while domain is not None and not domain.is_constrained:
        domain = domain_of(schema, domain.base)
    return domain


def alter_domain(asked: Situation, facts: Effects) -> Effects:
    """SHARE on each table that uses the domain, and a scan of it; what adds no rule touches no table."""
    statement = asked.node.alter_domain_stmt
    name = qualified(words(statement.type_name))
    if not facts.is_opaque or asked.schema.domains.get(name) is None:
        return facts
    users = tuple(users_of_type(asked.schema, (name, *_above(asked.schema, name))))
    found = locked(replace(facts, is_opaque=False), LockLevel.SHARE, *users)
    tables = (asked.schema.table(user) for user in users)
    return scanning(found, *(table.name for table in tables if table and not table.is_partitioned))


def alter_composite_type(asked: Situation, facts: Effects) -> Effects:
    """ALTER ATTRIBUTE … TYPE is refused while a table has a column of the type; the rest touches no table."""
    statement = asked.node.alter_table_stmt
    if statement.objtype != pb.OBJECT_TYPE:
        return facts
    users = tuple(users_of_type(asked.schema, (table_name(statement.relation),)))
    commands = [node.alter_table_cmd for node in statement.cmds]
    if users and any(cmd.subtype == pb.AT_AlterColumnType for cmd in commands):
        return failing(facts, f"columns of {', '.join(map(str, users))} have the type")
    return facts


def _above(schema: Schema, name: TableName) -> tuple[TableName, ...]:
    """Return the domains over the domain."""
    found = [name]
    for each in found:
        found.extend(d.name for d in schema.domains.values() if domain_of(schema, d.base) == schema.domains.get(each))
    return tuple(found[1:])
