"""Domains and enums in the replay."""

from migrator.names import TableName
from migrator.schema.draft import Draft
from migrator.schema.expressions import definition_of
from migrator.schema.naming import choose_name
from migrator.schema.parts import Domain, changed
from migrator.schema.types import format_type
from migrator.statements.parse import pb


def create_domain(draft: Draft, statement: pb.CreateDomainStmt) -> None:
    """Add the domain with the rules that values must meet."""
    name = draft.name_of_parts([part.string.sval for part in statement.domainname])
    constraints = [node.constraint for node in statement.constraints]
    draft.put_domain(
        Domain(
            name=name,
            base=format_type(statement.type_name),
            is_not_null=any(c.contype == pb.CONSTR_NOTNULL for c in constraints),
            checks=tuple(_name_of(name, c) for c in constraints if c.contype == pb.CONSTR_CHECK),
        )
    )


def _name_of(domain: TableName, constraint: pb.Constraint) -> str:
    return constraint.conname or choose_name(domain.name, "", "check", lambda _name: False)


def alter_domain(draft: Draft, statement: pb.AlterDomainStmt) -> None:
    """Apply SET and DROP NOT NULL, ADD and DROP CONSTRAINT."""
    name = draft.name_of_parts([part.string.sval for part in statement.type_name])
    domain = draft.domain(name)
    if domain is None:
        return
    match statement.subtype:
        case "O":
            draft.put_domain(changed(domain, is_not_null=True))
        case "N":
            draft.put_domain(changed(domain, is_not_null=False))
        case "C":
            added = _name_of(name, definition_of(statement).constraint)
            draft.put_domain(changed(domain, checks=(*domain.checks, added)))
        case "X":
            draft.put_domain(changed(domain, checks=tuple(c for c in domain.checks if c != statement.name)))
        case _:
            return


def create_enum(draft: Draft, statement: pb.CreateEnumStmt) -> None:
    """Add the enum with its labels."""
    name = draft.name_of_parts([part.string.sval for part in statement.type_name])
    draft.put_enum(name, (label.string.sval for label in statement.vals))


def create_other(draft: Draft, name: TableName) -> None:
    """Take note of a composite or range type, so that it is known to be no domain; it has no labels."""
    draft.put_enum(name, ())


def alter_enum(draft: Draft, statement: pb.AlterEnumStmt) -> None:
    """Add a label, or give one another name."""
    name = draft.name_of_parts([part.string.sval for part in statement.type_name])
    labels = draft.enum(name)
    if labels is None or statement.new_val in labels:
        return
    if statement.old_val:
        draft.put_enum(name, (statement.new_val if label == statement.old_val else label for label in labels))
    else:
        at = labels.index(statement.new_val_neighbor) if statement.new_val_neighbor in labels else len(labels)
        at += statement.new_val_is_after if at < len(labels) else 0
        draft.put_enum(name, (*labels[:at], statement.new_val, *labels[at:]))
