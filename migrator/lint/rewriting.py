"""Mechanical rewrites that rules attach as fixes: each keeps the schema that the file ends with."""

import re

from migrator.lint.finding import Edit, Fix
from migrator.lint.step import Action, Step
from migrator.names import literal, quote
from migrator.statements.parse import deparse, pb
from migrator.statements.statement import Span

_INDEX = re.compile(r"\bINDEX\b", re.IGNORECASE)
_TIMEOUTS = ("lock_timeout", "statement_timeout")


def concurrently_text(step: Step) -> str:
    """Return the statement's text with CONCURRENTLY behind its INDEX."""
    return _INDEX.sub("INDEX CONCURRENTLY", step.statement.text, count=1)


def concurrently(step: Step, title: str) -> Fix | None:
    """Return the fix with CONCURRENTLY; timeouts that the file has set are lifted around it, which else breaks it.

    None in a transaction: where to end it is for a person to say.
    """
    if step.progress.transaction is not None:
        return None
    text = concurrently_text(step)
    for name in _TIMEOUTS:
        if step.progress.has_timeout(name):
            value = step.progress.setting(name) or "0"
            text = f"SET {name} = 0;\n{text};\nSET {name} = {literal(value)}"
    return step.replaced(title, text)


def not_valid(action: Action, name: str) -> Fix | None:
    """Return the fix that adds a named constraint NOT VALID and validates it in a statement of its own."""
    step = action.step
    if not name or not action.is_only or step.progress.transaction is not None:
        return None
    validate = f"ALTER TABLE {action.table} VALIDATE CONSTRAINT {quote(name)}"
    return step.replaced("Split into NOT VALID and VALIDATE", f"{step.statement.text} NOT VALID;\n{validate}")


def without_constraint(action: Action, kind: int, suffix: str) -> Fix | None:
    """Return the fix that adds the column first, and its inline constraint NOT VALID behind it, then validates it."""
    step = action.step
    if not action.is_only or step.progress.transaction is not None:
        return None
    tree = pb.Node()
    tree.CopyFrom(step.statement.node)
    column = getattr(tree.alter_table_stmt.cmds[0].alter_table_cmd, "def").column_def
    found = [node for node in column.constraints if node.constraint.contype == kind]
    kept = [node for node in column.constraints if node.constraint.contype != kind]
    if len(found) != 1:
        return None
    constraint = found[0].constraint
    constraint.conname = constraint.conname or f"{action.table.name}_{column.colname}_{suffix}"
    constraint.skip_validation, constraint.initially_valid = True, False
    if kind == pb.CONSTR_FOREIGN:
        constraint.fk_attrs.add().string.sval = column.colname
    addition = _addition(action, constraint)
    del column.constraints[:]
    column.constraints.extend(kept)
    validate = f"ALTER TABLE {action.table} VALIDATE CONSTRAINT {quote(constraint.conname)}"
    return step.replaced("Add the column, then the constraint", f"{deparse(tree)};\n{addition};\n{validate}")


def _addition(action: Action, constraint: pb.Constraint) -> str:
    whole = action.step.statement.node.alter_table_stmt
    tree = pb.AlterTableStmt(relation=whole.relation, objtype=whole.objtype)
    cmd = tree.cmds.add().alter_table_cmd
    cmd.subtype, cmd.behavior = pb.AT_AddConstraint, pb.DROP_RESTRICT
    getattr(cmd, "def").constraint.CopyFrom(constraint)
    return deparse(pb.Node(alter_table_stmt=tree))


def line_at_start(title: str, line: str) -> Fix:
    """Return the fix that puts a line at the top of the file."""
    return Fix(title, (Edit(Span(0, 0), f"{line}\n"),))
