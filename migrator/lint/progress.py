"""How far a session has come before each statement: its transaction and its settings.

PostgreSQL's own rules: SET is undone by a ROLLBACK, SET LOCAL lasts until the end of the transaction and does nothing
outside one, a COMMIT without BEGIN changes nothing.
"""

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

    def setting(self, name: str) -> str | None:
        """Return the value that the file has set and that is in force, or None."""
        return self.local.get(name, self.session.get(name))

    def has_timeout(self, name: str) -> bool:
        """Whether the file has set this timeout to anything but zero."""
        value = self.setting(name)
        return value is not None and value.strip().rstrip("mshind") not in {"0", "", "default"}

    def after(self, statement: Statement) -> "Progress":
        """Return the state after the statement."""
        match statement.kind:
            case "transaction_stmt":
                return self._transaction(statement.node.transaction_stmt.kind)
            case "variable_set_stmt":
                return self._set(statement.node.variable_set_stmt)
            case "select_stmt":
                return self._set_config(statement.node.select_stmt)
            case _:
                return self

    def _transaction(self, kind: int) -> "Progress":
        match kind:
            case pb.TRANS_STMT_BEGIN | pb.TRANS_STMT_START if self.transaction is None:
                number = self.started + 1
                return replace(self, transaction=number, started=number, at_begin=self.session)
            case pb.TRANS_STMT_COMMIT | pb.TRANS_STMT_PREPARE:
                return replace(self, transaction=None, local=_NO_SETTINGS)
            case pb.TRANS_STMT_ROLLBACK if self.transaction is not None:
                return replace(self, transaction=None, local=_NO_SETTINGS, session=self.at_begin)
            case _:
                return self

    def _set(self, statement: pb.VariableSetStmt) -> "Progress":
        if statement.kind == pb.VAR_RESET_ALL:
            return replace(self, session=_NO_SETTINGS, local=_NO_SETTINGS)
        value = _constant(statement.args[0]) if statement.kind == pb.VAR_SET_VALUE and statement.args else "default"
        return self._with(statement.name, value, is_local=statement.is_local)

    def _set_config(self, statement: pb.SelectStmt) -> "Progress":
        """Read `SELECT set_config('lock_timeout', '1s', false)`."""
        for target in statement.target_list:
            call = target.res_target.val.func_call
            if [name.string.sval for name in call.funcname][-1:] == ["set_config"] and len(call.args) == 3:  # noqa: PLR2004
                name, value, is_local = (_constant(node) for node in call.args)
                return self._with(name, value, is_local=is_local == "true")
        return self

    def _with(self, name: str, value: str, *, is_local: bool) -> "Progress":
        name = name.lower()
        if not is_local:
            return replace(self, session={**self.session, name: value})
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
