"""Locks gather until COMMIT: what a transaction holds when each of its statements begins."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from migrator.lint.step import Action, Step
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import ObjectRef, TableLock


class Transactions:
    """The explicit transactions of a file, and the one in which its runner wraps it."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps

    @cached_property
    def groups(self) -> Mapping[int, Sequence[Step]]:
        """The statements of each transaction by its number; statements outside of any are in none."""
        groups: dict[int, list[Step]] = {}
        for step in self._steps:
            if step.progress.transaction is not None and step.statement.kind != "transaction_stmt":
                groups.setdefault(step.progress.transaction, []).append(step)
        return groups

    def together(self, step: Step) -> Sequence[Step]:
        """Return the statements of the statement's transaction; outside of any, the statement alone."""
        return self.groups.get(step.progress.transaction, (step,)) if step.progress.transaction is not None else (step,)

    def held_before(self, step: Step) -> Mapping[TableName, tuple[LockLevel, Step]]:
        """Return the strongest lock that the transaction holds on each table, and the statement that took it."""
        held: dict[TableName, tuple[LockLevel, Step]] = {}
        for earlier in self.together(step):
            if earlier.order >= step.order:
                break
            for lock in table_locks(earlier):
                if lock.table not in held or held[lock.table][0] < lock.level:
                    held[lock.table] = (lock.level, earlier)
        return held


def table_locks(step: Step) -> Sequence[TableLock]:
    """Return the statement's locks on tables; those on indexes stand beside the lock on their table."""
    dropped = {TableName(ref.schema, ref.name) for ref in step.effects.removes if ref.kind == "index"}
    return [lock for lock in step.effects.locks if lock.table not in dropped and step.schema.index(lock.table) is None]


def adds_beside(transactions: Transactions, action: Action) -> Step | None:
    """Return the statement that added the constraint which the action validates, when its lock is held still."""
    constraint = ObjectRef("constraint", action.table.schema, action.cmd.name, action.table.name)
    for step in transactions.together(action.step):
        if step.order <= action.step.order and constraint in step.effects.creates:
            return step
    return None
