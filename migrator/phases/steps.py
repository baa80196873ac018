"""The statements of a phase file become steps: what is run, recorded and retried as one.

A step is one statement, or the statements between BEGIN and COMMIT of the file. The file stays SQL that psql runs
the same way.
"""

from dataclasses import dataclass

from migrator.errors import ManifestError
from migrator.locks import LockClass, LockLevel
from migrator.names import TableName
from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.facts import effects_of
from migrator.statements.parse import pb
from migrator.statements.statement import Statement

_NAME_LENGTH = 80
_OURS = {"lock_timeout", "statement_timeout"}


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of a phase; `number` counts from 1."""

    phase: str
    number: int
    statements: tuple[Statement, ...]
    effects: tuple[Effects, ...]
    """One per statement."""

    @property
    def name(self) -> str:
        """The first statement on one line, shortened; with the number of those that share its transaction."""
        text = " ".join(self.statements[0].text.split())
        short = text if len(text) <= _NAME_LENGTH else text[: _NAME_LENGTH - 1] + "…"
        more = len(self.statements) - 1
        return f"{short} (+{more} in one transaction)" if more else short

    @property
    def sql(self) -> str:
        """All statements as text, for the record."""
        return ";\n".join(statement.text for statement in self.statements) + ";"

    @property
    def is_transactional(self) -> bool:
        """Whether the step and its record can commit together."""
        return all(effects.is_transactional for effects in self.effects)

    @property
    def lock_class(self) -> LockClass:
        """The class of the strongest statement: strong before weak before none."""
        classes = {effects.lock_class for effects in self.effects}
        return next(c for c in (LockClass.STRONG, LockClass.WEAK, LockClass.NONE) if c in classes)

    @property
    def tables(self) -> tuple[TableName, ...]:
        """The existing tables that are locked, in the order in which the server locks them."""
        return tuple(dict.fromkeys(lock.table for effects in self.effects for lock in effects.locks))

    def level_on(self, table: TableName) -> LockLevel:
        """The strongest lock on one table."""
        return max((lk.level for e in self.effects for lk in e.locks if lk.table == table), default=LockLevel.NONE)

    @property
    def creates(self) -> tuple[ObjectRef, ...]:
        """What is there afterwards that was not there before."""
        return tuple(ref for effects in self.effects for ref in effects.creates)

    @property
    def removes(self) -> tuple[ObjectRef, ...]:
        """What is gone afterwards, dropped or renamed."""
        return tuple(
            ref for effects in self.effects for ref in (*effects.removes, *(r.source for r in effects.renames))
        )


def steps_of(statements: tuple[Statement, ...], phase: str, pg_version: int) -> tuple[Step, ...]:
    """Group the statements of one file into steps.

    Args:
        statements: the file's statements in order.
        phase: the file's name without `.sql`.
        pg_version: the server's major version, for the effects.

    Raises:
        ManifestError: transaction commands other than BEGIN and COMMIT, a block that never ends, or a statement
            in a block that the server refuses there.
    """
    for statement in statements:
        _refuse_nameless(statement, phase)
    groups = _groups(statements, phase)
    steps = tuple(
        Step(phase, number, group, tuple(effects_of(statement, pg_version) for statement in group))
        for number, (group, _) in enumerate(groups, start=1)
    )
    for step, (_, is_block) in zip(steps, groups, strict=True):
        if is_block and not step.is_transactional:
            alone = next(s for s, e in zip(step.statements, step.effects, strict=True) if not e.is_transactional)
            raise ManifestError(
                f"{phase}.sql:{alone.line}: the server refuses this statement inside BEGIN … COMMIT: {alone.text}.",
                "Move it out of the block.",
            )
    return steps


def _groups(statements: tuple[Statement, ...], phase: str) -> list[tuple[tuple[Statement, ...], bool]]:
    """Return each step's statements, and whether they stand between BEGIN and COMMIT."""
    groups: list[tuple[tuple[Statement, ...], bool]] = []
    block: list[Statement] | None = None
    for statement in statements:
        _refuse_session_settings(statement, phase, in_block=block is not None)
        command = _transaction_command(statement)
        if command is None:
            if block is None:
                groups.append(((statement,), False))
            else:
                block.append(statement)
        elif command == "begin" and block is None:
            block = []
        elif command == "commit" and block is not None:
            groups.extend([(tuple(block), True)] if block else [])
            block = None
        else:
            raise ManifestError(
                f"{phase}.sql:{statement.line}: {statement.text} is not usable here.",
                "A phase file groups statements with BEGIN and COMMIT only; everything else the engine does itself.",
            )
    if block is not None:
        raise ManifestError(f"{phase}.sql: a BEGIN has no COMMIT.", "Close the block with COMMIT.")
    return groups


def _refuse_session_settings(statement: Statement, phase: str, *, in_block: bool) -> None:
    """Raise for SET and RESET that outlive their transaction, or that undo the limits of the engine.

    After a crash `resume` goes on behind them in a new session, where a `search_path` of the first is unknown.
    """
    if statement.kind not in {"variable_set_stmt", "discard_stmt"}:
        return
    tree = statement.node.variable_set_stmt
    is_local = statement.kind == "variable_set_stmt" and (tree.is_local or tree.name == "TRANSACTION")
    if not (in_block and is_local) or tree.name in _OURS:
        raise ManifestError(
            f"{phase}.sql:{statement.line}: {statement.text} is not usable here: settings of a session are lost when a "
            "run is interrupted, and timeouts are the engine's ([locks] in the configuration).",
            "Write names with their schema; other settings may be SET LOCAL between BEGIN and COMMIT.",
        )


def _refuse_nameless(statement: Statement, phase: str) -> None:
    index = statement.node.index_stmt
    if statement.kind == "index_stmt" and index.concurrent and not index.idxname:
        raise ManifestError(
            f"{phase}.sql:{statement.line}: an index that is built CONCURRENTLY needs a name: {statement.text}.",
            "Name it, so that an interrupted build can be found and finished.",
        )


def _transaction_command(statement: Statement) -> str | None:
    """Return begin, commit, another command's own text, or None for what is no transaction command."""
    if statement.kind != "transaction_stmt":
        return None
    kind = statement.node.transaction_stmt.kind
    names = {pb.TRANS_STMT_BEGIN: "begin", pb.TRANS_STMT_START: "begin", pb.TRANS_STMT_COMMIT: "commit"}
    return names.get(kind, statement.text)
