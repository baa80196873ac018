"""What the server says to a backfill's expressions, asked before any row is changed, in words that tell what to do.

Each expression is planned by itself (EXPLAIN runs nothing), so that the refusal names the one that is wrong, also on
an empty table. Called by the runner before a backfill begins, for `backfill run --dry-run`, and before expand
(`trial_table`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from migrator.backfill.batch import BatchJob, begin_reading
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
Check = tuple[str, sql.Composable]
"""What is planned, in the manifest's words, and the statement."""
_AS_IT_IS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of a specification that the server does not take."""

    what: str
    cause: DatabaseError

    @property
    def sqlstate(self) -> str:
        """The server's code."""
        return self.cause.sqlstate or ""

    def as_error(self, name: str, when_missing: str = _NAME, renamed: Mapping[str, str] = _AS_IT_IS) -> InputError:
        """Return the refusal in words; `when_missing` says what to do about a name that is not there."""
        diag, todo = self.cause.diag, _TODO.get(self.sqlstate, "It holds for every row: correct the expression.")
        said = (diag.message_primary or str(self.cause)).rstrip(".")
        hint = f" {diag.message_hint}" if diag.message_hint and self.sqlstate in _HINTED else ""
        what = " ".join(self.what.split())
        what = what if len(what) <= _LONGEST_TEXT else f"{what[:_LONGEST_TEXT]} …"
        texts = [f"Backfill {name} cannot run ({what}): {said}.", f"{when_missing if todo == _NAME else todo}{hint}"]
        for made, meant in renamed.items():
            texts = [text.replace(made, meant) for text in texts]
        return InputError(*texts, sqlstate=self.cause.sqlstate)


def refuse_unplannable(connection: Connection, part: Part, name: str, end: Key | None) -> None:
    """Raise when the server would refuse what the backfill does whatever is in the rows.

    A table that somebody has locked is not waited for: the batches meet it in their own way.

    Raises:
        InputError: an expression, a column or a statement is wrong.
    """
    for refusal in refusals(connection, part.job, chain(checks_of(part.job), _first_batch(connection, part, end))):
        raise refusal.as_error(name) from refusal.cause


def refusals(connection: Connection, job: BatchJob, checks: Iterable[Check]) -> Iterator[Refusal]:
    """Yield what the server does not take; nothing more once a lock or a timeout is in the way."""
    for what, statement in checks:
        try:
            with connection.transaction():
                begin_reading(connection, job, is_brief=True)
                connection.execute(sql.SQL("EXPLAIN {}").format(statement))
        except _PASSING:
            return
        except DatabaseError as exc:
            if exc.sqlstate not in _TODO and not (exc.sqlstate or "").startswith("22"):
                raise
            yield Refusal(what, exc)


def checks_of(job: BatchJob) -> Iterator[Check]:
    """Yield the parts of the specification, each by itself."""
    spec, keyset = job.spec, job.keyset
    update, select = sql.SQL("UPDATE {} SET {} = {}"), sql.SQL("SELECT {} FROM {}")
    for column, text in spec.set.items():
        yield f"set.{column} = {text}", update.format(keyset.source, sql.Identifier(column), Fragment(text))
    for column in spec.writes:
        yield f"writes: {column}", update.format(keyset.source, sql.Identifier(column), sql.SQL("NULL"))
    if spec.reads:
        named = _COMMA.join(sql.Identifier(*keyset.table, column) for column in spec.reads)
        yield f"reads: {', '.join(spec.reads)}", select.format(named, keyset.source)
    if spec.where is not None:
        yield f"where: {spec.where}", sql.SQL("SELECT FROM {} WHERE {}").format(keyset.source, Fragment(spec.where))
    if spec.sql is not None:
        before, after = hand_written_parts(spec.sql)
        is_key = _AND.join(sql.SQL("{} IS NOT NULL").format(column) for column in keyset.named(keyset.columns))
        whole = [Script(before), sql.SQL("("), is_key, sql.SQL(")"), Script(after)]
        yield f"sql: {spec.sql}", sql.Composed(whole)


def _first_batch(connection: Connection, part: Part, end: Key | None) -> Iterator[Check]:
    if end is not None:
        piece = Piece(KeyRange(None, end), Place(end))
        for statement in part.source.statements(connection, part.job, piece):
            yield part.job.spec.change, statement
