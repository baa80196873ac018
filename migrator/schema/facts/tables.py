"""Actions on a table as a whole: SET LOGGED, SET TABLESPACE, SET ACCESS METHOD, and ADD COLUMN of a known type."""

from collections.abc import Iterator
from dataclasses import replace

from migrator.names import TableName
from migrator.schema.expressions import definition_of
from migrator.schema.facts.domains import constrained_domain, domain_of
from migrator.schema.facts.known import Known, failing, rewriting
from migrator.schema.model import Schema
from migrator.schema.types import format_type
from migrator.statements.effects import Effects, Fact
from migrator.statements.facts.columns import constraints_of, is_built_in, is_serial
from migrator.statements.facts.nodes import qualified
from migrator.statements.facts.volatility import STEADY, function_names, is_volatile
from migrator.statements.parse import Node, pb

_REFUSED_SINCE = 18
"""Older servers did nothing for a partitioned table, in silence."""

_ACCESS_METHOD_SINCE = 17
"""Older servers know an access method of tables with rows of their own only."""

_FREE_LANGUAGES = frozenset({"sql"})
"""The planner may look into these functions and find a constant."""


def set_logged(known: Known, facts: Effects) -> Effects:
    """The table is written again unless it is so already; a partitioned one has nothing to write."""
    wanted = "p" if known.cmd.subtype == pb.AT_SetLogged else "u"
    is_same = known.table.persistence == wanted
    if known.table.is_partitioned and known.pg_version >= _REFUSED_SINCE:
        return failing(facts, f"{known.name} is partitioned: only its partitions can be logged or not")
    return rewriting(facts) if is_same or known.table.is_partitioned else rewriting(facts, known.name)


def set_access_method(known: Known, facts: Effects) -> Effects:
    """Free when it is the table's already; `heap` unless somebody said otherwise."""
    if known.table.is_partitioned and known.pg_version < _ACCESS_METHOD_SINCE:
        return failing(facts, f"{known.name} is partitioned: servers before {_ACCESS_METHOD_SINCE} refuse it there")
    is_same = (known.table.access_method or "heap") == (known.cmd.name or "heap")
    return rewriting(facts) if is_same or known.table.is_partitioned else rewriting(facts, known.name)


def set_tablespace(known: Known, facts: Effects) -> Effects:
    """Free when it is the table's already; the database's own default is not known."""
    if known.table.is_partitioned or known.table.tablespace == known.cmd.name:
        return rewriting(facts)
    if known.table.tablespace is None and known.cmd.name == "pg_default":
        return facts
    return rewriting(facts, known.name)


def add_column(known: Known, facts: Effects) -> Effects:
    """By what is known of the type (domain or not) and of the functions in the default."""
    column = definition_of(known.cmd).column_def
    if known.table.column(column.colname) is not None:
        return _existing(known, facts)
    if facts.rewrite is not Fact.UNKNOWN:
        return facts
    verdicts = [_type_verdict(known.schema, column), *_default_verdicts(known.schema, column)]
    if Fact.YES in verdicts:
        return rewriting(facts, known.name)
    if Fact.UNKNOWN in verdicts:
        return facts
    is_scanned = facts.scan is Fact.YES
    return replace(facts, rewrite=Fact.NO, scan=Fact.YES if is_scanned else Fact.NO, missing=())


def _existing(known: Known, facts: Effects) -> Effects:
    """The column is there: IF NOT EXISTS does nothing but take the lock."""
    if not known.cmd.missing_ok:
        return failing(facts, f"column {known.name}.{definition_of(known.cmd).column_def.colname} exists already")
    nothing = replace(facts, rewrite=Fact.NO, scan=Fact.NO, rewrites=(), scans=(), missing=(), index_build=False)
    return replace(nothing, creates=(), locks=tuple(lock for lock in facts.locks if lock.table == known.name))


def _type_verdict(schema: Schema, column: pb.ColumnDef) -> Fact:
    """Whether a new column of the type makes the server write the table again."""
    text = format_type(column.type_name)
    domain = domain_of(schema, text)
    if domain is not None:
        return Fact.NO if constrained_domain(schema, text) is None else Fact.YES
    if is_serial(column):
        return Fact.YES
    is_enum = "(" not in text and " " not in text and TableName.parse(text.removesuffix("[]")) in schema.enums
    return Fact.NO if is_enum or is_built_in(column) else Fact.UNKNOWN


def _default_verdicts(schema: Schema, column: pb.ColumnDef) -> Iterator[Fact]:
    default = constraints_of(column).get(pb.CONSTR_DEFAULT)
    if default is not None:
        yield default_verdict(schema, default.raw_expr)


def default_verdict(schema: Schema, expression: Node) -> Fact:
    """Return whether a default is evaluated once per row, given the functions that the schema knows."""
    fact, _ = is_volatile(expression)
    if fact is not Fact.UNKNOWN:
        return fact
    verdicts = [_function_verdict(schema, name) for name in function_names(expression)]
    return Fact.YES if Fact.YES in verdicts else Fact.UNKNOWN if Fact.UNKNOWN in verdicts else Fact.NO


def _function_verdict(schema: Schema, name: str) -> Fact:
    if name in STEADY:
        return Fact.NO
    function = schema.functions.get(qualified(name.split(".")))
    if function is None:
        return Fact.UNKNOWN
    if not function.is_volatile:
        return Fact.NO
    return Fact.UNKNOWN if function.language in _FREE_LANGUAGES else Fact.YES


READERS = {
    pb.AT_AddColumn: add_column,
    pb.AT_SetLogged: set_logged,
    pb.AT_SetUnLogged: set_logged,
    pb.AT_SetAccessMethod: set_access_method,
    pb.AT_SetTableSpace: set_tablespace,
}
