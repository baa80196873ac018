"""Adds a UNIQUE, PRIMARY KEY or EXCLUDE constraint and builds its index under lock.

Why:
    The index is built while nobody reads or writes the table. A unique index that was built CONCURRENTLY before can be
    taken over in an instant by USING INDEX. An exclusion constraint has no such form.

Bad:
    ALTER TABLE users ADD CONSTRAINT users_mail_key UNIQUE (mail);

Good:
    CREATE UNIQUE INDEX CONCURRENTLY users_mail_key ON users (mail);
    ALTER TABLE users ADD CONSTRAINT users_mail_key UNIQUE USING INDEX users_mail_key;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.facts.columns import constraints_of, definition
from migrator.statements.parse import pb

_KINDS: dict[int, str] = {pb.CONSTR_UNIQUE: "UNIQUE", pb.CONSTR_PRIMARY: "PRIMARY KEY", pb.CONSTR_EXCLUSION: "EXCLUDE"}


def check(file: FileContext) -> Iterator[Claim]:
    """Report constraints that build an index, also inline ones of new columns."""
    for action in file.actions(pb.AT_AddConstraint, pb.AT_AddColumn):
        if not action.effects.index_build or file.is_new_table(action.table, action.step):
            continue
        kind = _kind(action.cmd)
        yield action.step.claim(
            takes(f"Adding {kind}", LockLevel.ACCESS_EXCLUSIVE, action.table, "until the whole index is built"),
            _help(kind, action.table),
            lock=LockLevel.ACCESS_EXCLUSIVE,
            table=action.table,
        )


def _kind(cmd: pb.AlterTableCmd) -> str:
    argument = definition(cmd)
    kinds = constraints_of(argument.column_def) if cmd.subtype == pb.AT_AddColumn else (argument.constraint.contype,)
    return next(_KINDS[kind] for kind in kinds if kind in _KINDS)


def _help(kind: str, table: TableName) -> str:
    if kind == "EXCLUDE":
        return "There is no online form: add it to a new table, and move the rows there in batches."
    return (
        f"Build the index beside the traffic, then take it over: CREATE UNIQUE INDEX CONCURRENTLY … ON {table} (…); "
        f"ALTER TABLE {table} ADD CONSTRAINT … {kind} USING INDEX …;"
    )
