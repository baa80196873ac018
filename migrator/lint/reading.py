"""Reads a file into steps: each statement with the transaction, the settings and the schema that it finds.

The schema before a statement is that of the history with the file's own earlier statements replayed on top; what a
ROLLBACK undoes is undone here too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from migrator.lint.bodies import Body, body_of, called, function_name
from migrator.lint.judging import judge
from migrator.lint.progress import Progress
from migrator.lint.step import Step
from migrator.lint.suppression import MARK, TRANSACTION_VERBS
from migrator.schema.model import Schema
from migrator.schema.replay import replay
from migrator.schema.search_path import resolved
from migrator.statements.effects import Effects, combined
from migrator.statements.parse import parse_sql, pb, scan_comments
from migrator.statements.statement import Statement, SyntaxProblem


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a file before its first statement."""

    pg_version: int = 17
    schema: Schema = field(default_factory=Schema)
    """After all migrations that come before."""
    is_wrapped: bool = False
    """Whether the runner of the file wraps it in one transaction (`assume_transaction`)."""
    is_sent_together: bool = False
    """Whether it sends the file in one message, which is a transaction when it holds several statements."""


class Steps(NamedTuple):
    """A file's statements in their places."""

    every: tuple[Step, ...]
    """Also those in the bodies of DO blocks, which follow their block."""
    problems: tuple[SyntaxProblem, ...]
    """What could not be read."""
    schema_after: Schema
    """What the file leaves behind."""


def read_steps(text: str, reading: Reading) -> Steps:
    """Parse the text once and return its statements in their places, and what could not be read.

    The body of a DO block follows it, with the block's number.
    """
    parsed = parse_sql(text)
    is_wrapped = reading.is_wrapped or (reading.is_sent_together and _is_one_transaction(parsed.statements))
    reader = _Reader(reading, is_wrapped=_is_wrapped(text, default=is_wrapped))
    steps = [step for number, statement in enumerate(parsed.statements) for step in reader.read(number, statement)]
    return Steps(tuple(steps), parsed.problems, reader.schema)


def _is_one_transaction(statements: Sequence[Statement]) -> bool:
    """Whether a message of these statements is one transaction: several, none of which begins or ends one itself."""
    return len(statements) > 1 and not any(each.kind == "transaction_stmt" for each in statements)


def _is_wrapped(text: str, *, default: bool) -> bool:
    """Read `-- migrator: transaction` or `-- migrator: no-transaction`, which override the setting for this file."""
    if MARK not in text.lower():
        return default
    for comment in scan_comments(text):
        mark, _, verb = comment.text.strip().lower().partition(" ")
        if mark == MARK and verb.strip() in TRANSACTION_VERBS:
            return verb.strip() == "transaction"
    return default


class _Reader:
    """The state between two statements."""

    def __init__(self, reading: Reading, *, is_wrapped: bool) -> None:
        self._version = reading.pg_version
        self.schema = self._schema_at_begin = reading.schema
        self._progress = Progress.at_start(is_wrapped=is_wrapped)
        self._functions: dict[str, Body] = {}
        self._order = 0
        self._last: Step | None = None

    def read(self, number: int, statement: Statement) -> Iterator[Step]:
        """Yield the statement's step, and those of its body, and go past it."""
        body = called(statement, self._functions) or (body_of(statement) if statement.kind == "do_stmt" else None)
        if body is not None:
            yield from self._read_body(number, statement, body)
        else:
            yield self._step(number, statement)
        if statement.kind == "create_function_stmt" and (made := body_of(statement)) is not None:
            self._functions[function_name(statement)] = made

    def _read_body(self, number: int, statement: Statement, body: Body) -> Iterator[Step]:
        """A body runs in one transaction, that of its statement."""
        outside = self._progress
        place, schema = self._next_order(), self.schema
        if outside.transaction is None:
            self._progress = replace(outside, transaction=-number - 1)
        inner = [replace(self._step(number, each), is_inner=True) for each in body.statements]
        settings = self._progress
        self._progress = replace(settings, transaction=outside.transaction)
        effects = _of_body(inner, body)
        yield Step(number, place, statement, effects, outside, schema, has_inner=bool(inner))
        yield from inner

    def _step(self, number: int, statement: Statement) -> Step:
        before, schema = self._progress, self.schema
        if (effects := self._same_again(statement)) is None:
            statement = resolved(statement, schema)
            self._progress = before.after(statement)
            effects = judge(statement, schema, self._version, before.settings)
            self._follow(statement, before)
        self._last = Step(number, self._next_order(), statement, effects, before, schema)
        return self._last

    def _same_again(self, statement: Statement) -> Effects | None:
        """Return the last statement's effects when this one shares its tree and finds what that one found.

        So it changes nothing here either: a dump's rows are judged once, and not half a million times.
        """
        last = self._last
        if last is None or statement.tree is not last.statement.tree:
            return None
        return last.effects if last.progress is self._progress and last.schema is self.schema else None

    def _follow(self, statement: Statement, before: Progress) -> None:
        if before.transaction is None and self._progress.transaction is not None:
            self._schema_at_begin = self.schema
        is_undone = statement.kind == "transaction_stmt" and (
            statement.node.transaction_stmt.kind == pb.TRANS_STMT_ROLLBACK and before.transaction is not None
        )
        if is_undone:
            self.schema = self._schema_at_begin
        else:
            self.schema = replay((statement,), self.schema)

    def _next_order(self) -> int:
        self._order += 1
        return self._order - 1


def _of_body(inner: list[Step], body: Body) -> Effects:
    """Return what the statements of a body do together; a dynamic one makes the whole opaque."""
    together = combined(step.effects for step in inner)
    if not body.hidden:
        return together
    words = tuple(f"what EXECUTE {text} runs" for text in body.hidden)
    return replace(together, is_opaque=True, missing=(*together.missing, *words))
