"""Mechanical rewrites that rules attach as fixes: each keeps the schema that the file ends with."""

import re

from migrator.lint.context import FileContext
from migrator.lint.finding import Edit, Fix
from migrator.lint.step import Action, Step
from migrator.names import MAX_BYTES, literal
from migrator.statements.facts.nodes import words
from migrator.statements.facts.volatility import nodes_of
from migrator.statements.parse import deparse, pb
from migrator.statements.statement import Span

_INDEX = re.compile(r"\bINDEX\b", re.IGNORECASE)
_ATTRIBUTES = (
    pb.CONSTR_ATTR_DEFERRABLE,
    pb.CONSTR_ATTR_NOT_DEFERRABLE,
    pb.CONSTR_ATTR_DEFERRED,
    pb.CONSTR_ATTR_IMMEDIATE,
)
"""They belong to the constraint before them, which may not be the one that is moved."""
_TIMEOUTS = ("lock_timeout", "statement_timeout")


def concurrently_text(step: Step) -> str:
    """Return the statement's text with CONCURRENTLY behind its INDEX."""
    return _INDEX.sub("INDEX CONCURRENTLY", step.statement.text, count=1)


def concurrently(file: FileContext, step: Step, title: str) -> Fix | None:
    """Return the fix with CONCURRENTLY; timeouts that the file has set are lifted around it, which else breaks it.

    A transaction that its runner makes for this statement alone is switched off, in the words of the tool. None in any
    other: where to end it is for a person to say.
    """
    unwrapping = _unwrapping(file, step)
    if step.progress.transaction is not None and unwrapping is None:
        return None
    text = concurrently_text(step)
    for name in _TIMEOUTS:
        if step.progress.has_timeout(name):
            value = step.progress.setting(name) or "0"
            text = f"SET {name} = 0;\n{text};\nSET {name} = {literal(value)}"
    return Fix(title, (*((unwrapping,) if unwrapping is not None else ()), Edit(step.statement.span, text)))


def _unwrapping(file: FileContext, step: Step) -> Edit | None:
    """Return the edit by which the file's runner learns to use no transaction."""
    is_alone = len(file.steps) == 1 and not file.problems and step.progress.is_wrapped
    return file.half.wrapping.edit if is_alone and file.half.wrapping is not None else None


def not_valid(file: FileContext, action: Action, name: str) -> Fix | None:
    """Return the fix that adds a named constraint NOT VALID and validates it in a statement of its own."""
    step = action.step
    if not name or not action.is_only or not _may_be_split(file, action):
        return None
    return step.replaced(
        "Split into NOT VALID and VALIDATE", f"{step.statement.text} NOT VALID;\n{_validate(action, name)}"
    )


def _may_be_split(file: FileContext, action: Action) -> bool:
    """Whether two statements in the place of one are two transactions, and not one that keeps its locks."""
    return action.step.progress.transaction is None and not file.reading.is_sent_together


def without_constraint(file: FileContext, action: Action, kind: int, suffix: str) -> Fix | None:
    """Return the fix that adds the column first, and its inline constraint NOT VALID behind it, then validates it."""
    step = action.step
    if not action.is_only or action.cmd.missing_ok or not _may_be_split(file, action):
        return None
    tree = pb.Node()
    tree.CopyFrom(step.statement.node)
    column = getattr(tree.alter_table_stmt.cmds[0].alter_table_cmd, "def").column_def
    found = [node for node in column.constraints if node.constraint.contype == kind]
    kept = [node for node in column.constraints if node.constraint.contype != kind]
    if len(found) != 1 or any(node.constraint.contype in _ATTRIBUTES for node in kept):
        return None
    constraint = found[0].constraint
    if kind == pb.CONSTR_CHECK and not constraint.conname and _columns(constraint.raw_expr) != {column.colname}:
        return None  # the server names it after the one column that it reads, else after none
    constraint.conname = constraint.conname or f"{action.table.name}_{column.colname}_{suffix}"
    if len(constraint.conname.encode()) > MAX_BYTES:
        return None  # the server cuts the parts of a made name in its own way
    constraint.skip_validation, constraint.initially_valid = True, False
    if kind == pb.CONSTR_FOREIGN:
        constraint.fk_attrs.add().string.sval = column.colname
    added = pb.AlterTableCmd(subtype=pb.AT_AddConstraint, behavior=pb.DROP_RESTRICT)
    getattr(added, "def").constraint.CopyFrom(constraint)
    del column.constraints[:]
    column.constraints.extend(kept)
    texts = (deparse(tree), _altered(action, added), _validate(action, constraint.conname))
    return step.replaced("Add the column, then the constraint", ";\n".join(texts))


def _columns(expression: pb.Node) -> set[str]:
    refs = (node for node in nodes_of(expression) if isinstance(node, pb.ColumnRef))
    return {words(ref.fields)[-1] for ref in refs}


def default_apart(action: Action, default: pb.Constraint, note: str) -> Fix | None:
    """Return the fix that adds the column first, and its default for new rows behind it.

    The schema ends the same; rows that are there hold NULL until they are filled, which the note in the file says.
    None for ADD COLUMN IF NOT EXISTS: a column that is there would get the default.
    """
    step, cmd = action.step, action.cmd
    if not action.is_only or cmd.missing_ok:
        return None
    tree = pb.Node()
    tree.CopyFrom(step.statement.node)
    column = getattr(tree.alter_table_stmt.cmds[0].alter_table_cmd, "def").column_def
    kept = [node for node in column.constraints if node.constraint.contype != pb.CONSTR_DEFAULT]
    del column.constraints[:]
    column.constraints.extend(kept)
    setting = pb.AlterTableCmd(subtype=pb.AT_ColumnDefault, name=column.colname, behavior=pb.DROP_RESTRICT)
    getattr(setting, "def").CopyFrom(default.raw_expr)
    text = f"{deparse(tree)};\n-- {note}\n{_altered(action, setting)}"
    return step.replaced("Add the column without its volatile default, then set the default for new rows", text)


def expression_text(expression: pb.Node) -> str:
    """Return an expression of the grammar as SQL text."""
    target = pb.Node(res_target=pb.ResTarget(val=expression))
    return deparse(pb.Node(select_stmt=pb.SelectStmt(target_list=[target]))).removeprefix("SELECT ")


def type_text(name: pb.TypeName) -> str:
    """Return a type's name as SQL text, as in CREATE TABLE."""
    cast = pb.TypeCast(arg=pb.Node(a_const=pb.A_Const(isnull=True)), type_name=name)
    return expression_text(pb.Node(type_cast=cast)).removeprefix("NULL::")


def _validate(action: Action, constraint: str) -> str:
    return _altered(action, pb.AlterTableCmd(subtype=pb.AT_ValidateConstraint, name=constraint))


def _altered(action: Action, cmd: pb.AlterTableCmd) -> str:
    """Return the statement with another action: the table is named as it was, with ONLY and IF EXISTS."""
    tree = pb.Node()
    tree.CopyFrom(action.step.statement.node)
    del tree.alter_table_stmt.cmds[:]
    tree.alter_table_stmt.cmds.add().alter_table_cmd.CopyFrom(cmd)
    return deparse(tree)


def line_at_start(file: FileContext, title: str, line: str) -> Fix:
    """Return the fix that puts a line at the top of the file, or below the mark with which its tool begins."""
    return Fix(title, (Edit(Span(file.half.start, file.half.start), f"{line}\n"),))
