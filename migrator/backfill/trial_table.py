"""What the server would say to a backfill's expressions after expand, asked before expand changes anything.

Their columns may be those that expand makes, so they are planned on a temporary table with the columns that the table
will have: made in a transaction that is taken back, never filled, and no lock is asked for on the table itself. Only
what is certain is refused: a name that expand.sql may make in a way that is not read from its statements (a function,
code that makes DDL) is left to the check when the backfill begins. Called by the engine before expand.
"""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from migrator.backfill.batch import BatchJob
from migrator.backfill.keyset import Keyset
from migrator.backfill.partition_names import on_partition
from migrator.backfill.plan_check import Refusal, checks_of, refusals
from migrator.backfill.spec import BackfillSpec
from migrator.errors import DatabaseFailed, InputError
from migrator.names import TableName
from migrator.pg.driver import Connection, DatabaseError, sql
from migrator.pg.fragment import TypeName
from migrator.pg.queries import query
from migrator.schema.catalog import read_schema
from migrator.schema.model import Table
from migrator.schema.replay import replay
from migrator.statements.statement import Statement

_TRIAL = TableName("pg_temp", "migrator_trial")
_SECONDS = 10.0
_LIMITS = {"lock_timeout": "500ms", "statement_timeout": "10s"}
_TODO = "Correct the name in the manifest, or let expand.sql make it. Nothing was changed."
_NO_COLUMN = "42703"
_NAMES = (_NO_COLUMN, "42704", "42883", "42P01", "3F000")
_NAMELESS = frozenset(
    {"index_stmt", "comment_stmt", "create_trig_stmt", "transaction_stmt", "variable_set_stmt", "grant_stmt"}
)
"""Statements that make nothing that an expression could name."""
_READ = _NAMELESS | {
    "alter_table_stmt",
    "create_stmt",
    "create_function_stmt",
    "create_enum_stmt",
    "create_domain_stmt",
    "composite_type_stmt",
    "create_schema_stmt",
    "view_stmt",
}
"""Statements of which is known what columns they make."""
_SUB_SELECT = re.compile(r"\bselect\b", re.IGNORECASE)


def refuse_before_expand(connection: Connection, specs: Iterable[BackfillSpec], expand: Sequence[Statement]) -> None:
    """Raise when a backfill could not run whatever expand does.

    Raises:
        InputError: an expression, a column or a type is wrong.
    """
    for spec in specs:
        if spec.sql is None:
            _refuse_one(connection, spec, expand)


def _refuse_one(connection: Connection, spec: BackfillSpec, expand: Sequence[Statement]) -> None:
    kinds = {statement.kind for statement in expand}
    try:
        with connection.transaction(force_rollback=True):
            for name, value in _LIMITS.items():
                connection.execute(query("session.set_local"), {"name": name, "value": value})
            after = replay(expand, read_schema(connection, [spec.table_name])).table(spec.table_name)
            if after is None:
                _refuse_missing(spec, kinds)
                return
            if after.is_incomplete:
                return
            connection.execute(_trial_of(after))
            job = _job(_moved(spec, after))
            refused = [each for each in refusals(connection, job, checks_of(job)) if _is_certain(each, kinds)]
    except (DatabaseError, DatabaseFailed):
        return  # no right to make one, a type that expand makes, a catalog that is locked: the backfill will see
    if refused:
        meant = dict.fromkeys((f"{_TRIAL.schema}.{_TRIAL.name}", _TRIAL.name), spec.table_name.name)
        raise refused[0].as_error(spec.name, _TODO, meant) from refused[0].cause


def _refuse_missing(spec: BackfillSpec, kinds: AbstractSet[str]) -> None:
    if kinds <= _READ:
        raise InputError(
            f"Backfill {spec.name} cannot run: {spec.table} does not exist in this database, and expand.sql does not "
            "make it.",
            _TODO,
        )


def _trial_of(table: Table) -> sql.Composed:
    columns = (
        sql.SQL("{} {}").format(
            sql.Identifier(column.name),
            TypeName(f"{column.type} COLLATE {column.collation}" if column.collation else column.type),
        )
        for column in table.columns
    )
    return sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(
        sql.Identifier(_TRIAL.name), sql.SQL(", ").join(columns)
    )


def _moved(spec: BackfillSpec, table: Table) -> BackfillSpec:
    """Return the specification with the trial where its expressions name the table."""
    names = [column.name for column in table.columns]

    def moved(text: str) -> str:
        return on_partition(text, spec.table_name, _TRIAL, names)

    changes = {column: moved(text) for column, text in spec.set.items()}
    return spec.model_copy(update={"set": changes, "where": spec.where and moved(spec.where)})


def _job(spec: BackfillSpec) -> BatchJob:
    return BatchJob("", spec, Keyset(_TRIAL, 0, "", ()), lock_timeout_seconds=1.0, statement_timeout_seconds=_SECONDS)


def _is_certain(refusal: Refusal, kinds: AbstractSet[str]) -> bool:
    """Return whether nothing that expand makes can be what is missing."""
    if _SUB_SELECT.search(refusal.what):  # in one of the table itself, a new column may be taken for the outer row's
        return kinds <= _NAMELESS
    if refusal.sqlstate not in _NAMES:
        return True
    return kinds <= (_READ if refusal.sqlstate == _NO_COLUMN else _NAMELESS | {"alter_table_stmt"})
