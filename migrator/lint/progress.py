"""How far a session has come before each statement: its transaction and its settings.

PostgreSQL's own rules: SET is undone by a ROLLBACK, SET LOCAL lasts until the end of the transaction and does nothing
outside one, a COMMIT without BEGIN changes nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from migrator.statements.parse import Node, pb
from migrator.statements.statement import Statement

_NO_SETTINGS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Progress:
    """The session's state; each statement gives the next one."""

    transaction: int | None = None
    """The number of the open transaction in this file; None outside of any."""
    started: int = 0
    session: Mapping[str, str] = field(default_factory=dict[str, str])
    local: Mapping[str, str] = field(default_factory=dict[str, str])
    at_begin: Mapping[str, str] = field(default_factory=dict[str, str])
    savepoints: tuple[tuple[str, Mapping[str, str], Mapping[str, str]], ...] = ()
    """Name, and the session's and the transaction's settings at that moment."""
    is_wrapped: bool = False
    """Whether the runner of the file, and no statement in it, began the open transaction."""

    @classmethod
    def at_start(cls, *, is_wrapped: bool) -> "Progress":
        """Return the state before the first statement; the runner may have begun a transaction."""
        return cls(transaction=0, is_wrapped=True) if is_wrapped else cls()

    def setting(self, name: str) -> str | None:
        """Return the value that the file has set and that is in force, or None."""
        return self.local.get(name, self.session.get(name))

    @property
    def settings(self) -> Mapping[str, str]:
        """All that the file has set and that is in force."""
        return {**self.session, **self.local} if self.local else self.session

    def has_timeout(self, name: str) -> bool:
        """Whether the file has set this timeout to anything but zero."""
        value = self.setting(name)
        return value is not None and value.strip().rstrip("mshind") not in {"0", "", "default"}

    def after(self, statement: Statement) -> "Progress":
        """Return the state after the statement."""
        match statement.kind:
            case "transaction_stmt":
                return self._transaction(statement.node.transaction_stmt)
            case "variable_set_stmt":
                return self._set(statement.node.variable_set_stmt)
            case "select_stmt":
                return self._set_config(statement.node.select_stmt)
            case "discard_stmt" if statement.node.discard_stmt.target == pb.DISCARD_ALL:
                return replace(self, session=_NO_SETTINGS, local=_NO_SETTINGS)
            case _:
                return self

    def _transaction(self, statement: pb.TransactionStmt) -> "Progress":
        match statement.kind:
            case pb.TRANS_STMT_BEGIN | pb.TRANS_STMT_START if self.transaction is None:
                return self._begun()
            case pb.TRANS_STMT_COMMIT | pb.TRANS_STMT_PREPARE:
                return self._ended(self.session, statement)
            case pb.TRANS_STMT_ROLLBACK if self.transaction is not None:
                return self._ended(self.at_begin, statement)
            case pb.TRANS_STMT_SAVEPOINT:
                saved = (statement.savepoint_name, self.session, self.local)
                return replace(self, savepoints=(*self.savepoints, saved))
            case pb.TRANS_STMT_ROLLBACK_TO:
                return self._rolled_back_to(statement.savepoint_name)
            case _:
                return self

    def _begun(self) -> "Progress":
        number = self.started + 1
        return replace(self, transaction=number, started=number, at_begin=self.session, savepoints=(), is_wrapped=False)

    def _ended(self, session: Mapping[str, str], statement: pb.TransactionStmt) -> "Progress":
        ended = replace(self, transaction=None, local=_NO_SETTINGS, session=session, savepoints=(), is_wrapped=False)
        return ended._begun() if statement.chain and self.transaction is not None else ended

    def _rolled_back_to(self, name: str) -> "Progress":
        """The savepoint stays, and settings are what they were when it was made."""
        for depth in range(len(self.savepoints), 0, -1):
            saved, session, local = self.savepoints[depth - 1]
            if saved == name:
                return replace(self, session=session, local=local, savepoints=self.savepoints[:depth])
        return self

    def _set(self, statement: pb.VariableSetStmt) -> "Progress":
        if statement.kind == pb.VAR_RESET_ALL:
            return replace(self, session=_NO_SETTINGS, local=_NO_SETTINGS)
        value = _constant(statement.args[0]) if statement.kind == pb.VAR_SET_VALUE and statement.args else "default"
        return self._with(statement.name, value, is_local=statement.is_local)

    def _set_config(self, statement: pb.SelectStmt) -> "Progress":
        """Read `SELECT set_config('lock_timeout', '1s', false)`."""
        state = self
        for target in statement.target_list:
            call = target.res_target.val.func_call
            if [name.string.sval for name in call.funcname][-1:] == ["set_config"] and len(call.args) == 3:  # noqa: PLR2004
                name, value, is_local = (_constant(node) for node in call.args)
                state = state._with(name, value, is_local=is_local == "true")
        return state

    def _with(self, name: str, value: str, *, is_local: bool) -> "Progress":
        name = name.lower()
        if not is_local:
            local = {other: kept for other, kept in self.local.items() if other != name}
            return replace(self, session={**self.session, name: value}, local=local)
        return self if self.transaction is None else replace(self, local={**self.local, name: value})


def _constant(node: Node) -> str:
    constant = node.a_const
    match constant.WhichOneof("val"):
        case "sval":
            return constant.sval.sval
        case "ival":
            return str(constant.ival.ival)
        case "fval":
            return constant.fval.fval
        case "boolval":
            return "true" if constant.boolval.boolval else "false"
        case _:
            return "default"


def set_here(statement: Statement) -> Mapping[str, tuple[str, bool]]:
    """Return what the statement itself sets: name -> value, and whether for the transaction only."""
    if statement.kind not in {"variable_set_stmt", "select_stmt"}:
        return _NOTHING_SET
    before = Progress(transaction=1)
    after = before.after(statement)
    if after is before:
        return _NOTHING_SET
    found = {name: (value, False) for name, value in after.session.items()}
    return found | {name: (value, True) for name, value in after.local.items()}


_NOTHING_SET: Mapping[str, tuple[str, bool]] = {}
_UNITS = {"": 1, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d|)\s*\Z")


def milliseconds(value: str) -> int | None:
    """Return a timeout's value, which counts milliseconds where it has no unit; None for what is no amount."""
    match = _AMOUNT.match(value)
    return int(float(match[1]) * _UNITS.get(match[2], 0)) if match else None
