"""What the server says to a backfill's expressions, asked before any row is changed, in words that tell what to do.

Each expression is planned by itself (EXPLAIN runs nothing), so that the refusal names the one that is wrong, also on
an empty table. Called by the runner before a backfill begins, and for `backfill run --dry-run`.
"""

from collections.abc import Iterator

from migrator.backfill.batch import begin_reading
from migrator.backfill.keyset import KeyRange
from migrator.backfill.parts import Part
from migrator.backfill.pieces import Piece
from migrator.backfill.spec import hand_written_parts
from migrator.errors import InputError
from migrator.pg.driver import Connection, DatabaseError, errors, sql
from migrator.pg.fragment import Fragment, Script
from migrator.state.places import Key, Place

_LONGEST_TEXT = 200
_COMMA, _AND = sql.SQL(", "), sql.SQL(" AND ")
_ONE_VALUE = (
    "An expression gives one value for each row: take one row of many with (SELECT … LIMIT 1), or all of them with "
    "(SELECT array_agg(…) FROM …)."
)
_NAME = "Correct the name; when expand.sql is to make it, run expand first."
_TODO = {
    "0A000": _ONE_VALUE,
    "42601": "Correct the SQL: it is taken as it stands, in parentheses.",
    "42702": "Write it as table.column.",
    "42703": _NAME,
    "42704": _NAME,
    "42803": "The rows are changed each by itself, so there is nothing to gather: compute an aggregate in a "
    "sub-select, (SELECT sum(o.total) FROM orders AS o WHERE o.user_id = users.id).",
    "42804": "Make it the column's type: CAST(… AS type).",
    "42846": "There is no cast between these types: convert the value with a function, or through text.",
    "42883": "Correct the name; or cast the values to types for which it is there.",
    "428C9": "The server gives this column its values itself (GENERATED): leave it out of the backfill. To fill it "
    "once, make it an ordinary column in expand.sql (ALTER COLUMN … DROP EXPRESSION, or DROP IDENTITY).",
    "42P01": "In an expression a column is written alone or as table.column, and a table in a sub-select needs its own "
    "FROM; in `sql`, the table stands without an alias.",
    "42P20": "The rows are changed each by itself, so a window function has no neighbours: compute such values in a "
    "sub-select that reads the table under an alias, or in a table of their own that is read by its key.",
}
_HINTED = ("42703", "42P01")
"""Where the server knows the name that may have been meant."""
_PASSING = (errors.LockNotAvailable, errors.QueryCanceled, errors.DeadlockDetected)
_Check = tuple[str, sql.Composable]
"""What is planned, in the manifest's words, and the statement."""


def refuse_unplannable(connection: Connection, part: Part, name: str, end: Key | None) -> None:
    """Raise when the server would refuse what the backfill does whatever is in the rows.

    A table that somebody has locked is not waited for: the batches meet it in their own way.

    Raises:
        InputError: an expression, a column or a statement is wrong.
    """
    for what, statement in _checks(connection, part, end):
        try:
            with connection.transaction():
                begin_reading(connection, part.job, is_brief=True)
                connection.execute(sql.SQL("EXPLAIN {}").format(statement))
        except _PASSING:
            return
        except DatabaseError as exc:
            if exc.sqlstate in _TODO or (exc.sqlstate or "").startswith("22"):
                raise _refusal(exc, name, what) from exc
            raise


def _checks(connection: Connection, part: Part, end: Key | None) -> Iterator[_Check]:
    """Yield the parts of the specification, each by itself, and then the first batch as a whole."""
    spec, source = part.job.spec, part.keyset.source
    update, select = sql.SQL("UPDATE {} SET {} = {}"), sql.SQL("SELECT {} FROM {}")
    for column, text in spec.set.items():
        yield f"set.{column} = {text}", update.format(source, sql.Identifier(column), Fragment(text))
    for column in spec.writes:
        yield f"writes: {column}", update.format(source, sql.Identifier(column), sql.SQL("NULL"))
    if spec.reads:
        named = _COMMA.join(sql.Identifier(*part.keyset.table, column) for column in spec.reads)
        yield f"reads: {', '.join(spec.reads)}", select.format(named, source)
    if spec.where is not None:
        yield f"where: {spec.where}", sql.SQL("SELECT FROM {} WHERE {}").format(source, Fragment(spec.where))
    if spec.sql is not None:
        before, after = hand_written_parts(spec.sql)
        is_key = _AND.join(
            sql.SQL("{} IS NOT NULL").format(column) for column in part.keyset.named(part.keyset.columns)
        )
        whole = [Script(before), sql.SQL("("), is_key, sql.SQL(")"), Script(after)]
        yield f"sql: {spec.sql}", sql.Composed(whole)
    if end is not None:
        piece = Piece(KeyRange(None, end), Place(end))
        for statement in part.source.statements(connection, part.job, piece):
            yield spec.change, statement


def _refusal(exc: DatabaseError, name: str, what: str) -> InputError:
    said = (exc.diag.message_primary or str(exc)).rstrip(".")
    short = " ".join(what.split())
    short = short if len(short) <= _LONGEST_TEXT else f"{short[:_LONGEST_TEXT]} …"
    todo = _TODO.get(exc.sqlstate or "", "It holds for every row: correct the expression.")
    hint = f" {exc.diag.message_hint}" if exc.diag.message_hint and exc.sqlstate in _HINTED else ""
    return InputError(f"Backfill {name} cannot run ({short}): {said}.", f"{todo}{hint}", sqlstate=exc.sqlstate)
