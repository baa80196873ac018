"""The statements of a phase file become steps: what is run, recorded and retried as one.

A step is one statement, or the statements between BEGIN and COMMIT of the file. The file stays SQL that psql runs
the same way.
"""

from dataclasses import dataclass
from typing import NamedTuple

from migrator.errors import ManifestError
from migrator.locks import LockClass, LockLevel
from migrator.names import TableName
from migrator.phases.aims import aims_of
from migrator.phases.directives import NOTHING_SAID, Directive, directive_of
from migrator.phases.folder import PhaseFile
from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.facts import effects_of
from migrator.statements.parse import pb
from migrator.statements.statement import Statement

_NAME_LENGTH = 80
_OURS = {"lock_timeout", "statement_timeout", "transaction_timeout", "idle_in_transaction_session_timeout"}
HARMLESS_AGAIN = frozenset(
    {"vacuum_stmt", "reindex_stmt", "cluster_stmt", "alter_system_stmt", "alter_database_stmt", "check_point_stmt"}
)
"""Run outside transactions, leave nothing to see, and may be run twice."""


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of a phase; `number` counts from 1."""

    phase: str
    number: int
    statements: tuple[Statement, ...]
    effects: tuple[Effects, ...]
    """One per statement."""
    directive: Directive = NOTHING_SAID
    """What the file says about it beside its SQL."""

    @property
    def name(self) -> str:
        """The first statement on one line, shortened; with the number of those that share its transaction."""
        if self.directive.name:
            return self.directive.name
        text = " ".join(self.statements[0].text.split())
        short = text if len(text) <= _NAME_LENGTH else text[: _NAME_LENGTH - 3] + "..."
        more = len(self.statements) - 1
        return f"{short} (+{more} in one transaction)" if more else short

    @property
    def sql(self) -> str:
        """All statements as text, for the record."""
        return ";\n".join(statement.text for statement in self.statements) + ";"

    @property
    def is_transactional(self) -> bool:
        """Whether the step and its record can commit together."""
        said = self.directive.is_transactional
        return all(effects.is_transactional for effects in self.effects) if said is None else said

    @property
    def lock_class(self) -> LockClass:
        """The class of the strongest statement: strong before weak before none."""
        if self.directive.lock_class is not None:
            return self.directive.lock_class
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


def steps_in(file: PhaseFile | None, phase: str, pg_version: int) -> tuple[Step, ...]:
    """Return the steps of a phase's file, none when there is no such file; an error names the file as it is on disk.

    Raises:
        ManifestError: as `steps_of`.
    """
    if file is None:
        return ()
    try:
        return steps_of(file.statements, phase, pg_version)
    except ManifestError as exc:
        raise ManifestError(f"{file.path}{exc.situation.removeprefix(f'{phase}.sql')}", exc.todo) from exc


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
    return tuple(_step(phase, number, group, pg_version) for number, group in enumerate(_groups(statements, phase), 1))


class _Group(NamedTuple):
    """The statements of one step, whether they stand between BEGIN and COMMIT, and what was said above them."""

    statements: tuple[Statement, ...]
    is_block: bool
    directive: Directive | None


def _step(phase: str, number: int, group: _Group, pg_version: int) -> Step:
    effects = tuple(effects_of(statement, pg_version) for statement in group.statements)
    step = Step(phase, number, group.statements, effects, group.directive or NOTHING_SAID)
    if group.is_block and not (step.is_transactional and all(e.is_transactional for e in effects)):
        pairs = zip(group.statements, effects, strict=True)
        alone = next((s for s, e in pairs if not e.is_transactional), group.statements[0])
        raise ManifestError(
            f"{phase}.sql:{alone.line}: the server refuses this statement inside BEGIN … COMMIT: {alone.text}.",
            "Move it out of the block; a block cannot have txn=none.",
        )
    if not step.is_transactional:
        _require_probe(step)
    return step


def _require_probe(step: Step) -> None:
    """Raise when nothing would tell, after a crash, whether the statement ran: its record cannot commit with it."""
    statement = step.statements[0]
    is_seen = bool(aims_of(statement, step.effects[0])) or statement.kind in HARMLESS_AGAIN
    if not (is_seen or step.directive.probe):
        raise ManifestError(
            f"{step.phase}.sql:{statement.line}: this statement runs outside transactions and leaves nothing that "
            f"migrator knows to look for: {step.name}.",
            'Write above it: -- migrator:step probe="SELECT …", a SELECT that returns true when it is done.',
        )


def _groups(statements: tuple[Statement, ...], phase: str) -> list[_Group]:
    groups: list[_Group] = []
    block: list[Statement] | None = None
    above: Directive | None = None
    for statement in statements:
        _refuse_session_settings(statement, phase, in_block=block is not None)
        command, said = _transaction_command(statement), directive_of(statement, phase)
        if said and (block is not None or command == "commit"):
            raise ManifestError(
                f"{phase}.sql:{said.line}: a migrator:step inside BEGIN … COMMIT speaks of the whole block.",
                "Put it above BEGIN.",
            )
        if command is None:
            if block is None:
                groups.append(_Group((statement,), is_block=False, directive=said))
            else:
                block.append(statement)
        elif command == "begin" and block is None:
            block, above = [], said
        elif command == "commit" and block is not None:
            groups.extend([_Group(tuple(block), is_block=True, directive=above)] if block else [])
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
