"""Drops an index before its replacement is there.

Why:
    Between the two statements queries have neither index, and read the whole table. Build the new index first, under
    another name, and drop the old one then.

Given:
    CREATE TABLE users (id int, mail text, plan text);
    CREATE INDEX users_mail ON users (mail);

Bad:
    DROP INDEX CONCURRENTLY users_mail;
    CREATE INDEX CONCURRENTLY users_mail_plan ON users (mail, plan);

Good:
    CREATE INDEX CONCURRENTLY users_mail_plan ON users (mail, plan);
    DROP INDEX CONCURRENTLY users_mail;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext, Step
from migrator.lint.finding import Claim, Severity
from migrator.lint.wording import takes
from migrator.schema.model import Index
from migrator.statements.effects import Held, ObjectRef
from migrator.statements.facts.nodes import table_name

SEVERITY = Severity.WARNING


def check(file: FileContext) -> Iterator[Claim]:
    """Report dropped indexes for which the same file builds another one, with the same first column, later."""
    for step in file.of_kind("drop_stmt"):
        for ref in step.effects.removes:
            index = _index(step, ref) if ref.kind == "index" else None
            later = next((new for new in file.of_kind("index_stmt") if index and _replaces(new, step, index)), None)
            if index is None or later is None or ObjectRef("index", *ref[1:]) in later.effects.creates:
                continue
            level = step.effects.level
            yield step.claim(
                f"{takes('The drop', level, index.table, 'for an instant')} Until the index of line "
                f"{later.statement.line} is built, queries by {index.keys[0]} read the whole table.",
                "Build the new index first, and drop the old one after it.",
                severity=SEVERITY,
                lock=level,
                table=index.table,
                held=Held.INSTANT,
            )


def _replaces(new: Step, step: Step, index: Index) -> bool:
    statement = new.statement.node.index_stmt
    first = statement.index_params[0].index_elem.name
    return new.order > step.order and table_name(statement.relation) == index.table and index.keys[:1] == (first,)


def _index(step: Step, ref: ObjectRef) -> Index | None:
    tables = (table for table in step.schema.tables.values() if table.name.schema == ref.schema)
    return next((index for table in tables for index in table.indexes if index.name == ref.name), None)
