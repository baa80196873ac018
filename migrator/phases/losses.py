"""What a phase takes away with the data in it: tables, columns, and the rows of a TRUNCATE or a DELETE without WHERE.

`contract` removes on purpose, after its gates. Anywhere else such a statement is confirmed first (see
`migrator.phases.confirmation`). An index, a view, a constraint or a name can be made again from the files and is no
loss; nor is what is not there. A DO block is read as far as it is static.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from migrator.lint.bodies import body_of
from migrator.names import TableName
from migrator.pg import holdings
from migrator.pg.connection import server_version
from migrator.pg.driver import Connection
from migrator.phases.folder import Migration
from migrator.phases.steps import Step, steps_in
from migrator.state.store import Store
from migrator.statements.effects import Effects, ObjectRef
from migrator.statements.facts import effects_of
from migrator.statements.parse import pb
from migrator.statements.statement import Statement

_WITH_DATA = frozenset({"table", "column", "attribute"})
_WHOLE = frozenset({"schema", "type", "extension"})
"""With CASCADE they take tables or columns with them; without, the server refuses while there is any."""
_OURS = "zz_migrator_"


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that is gone afterwards, with what it held."""

    kind: str
    """table, column, attribute, schema, type, extension, role (all that it owns), database, or rows."""
    schema: str
    name: str
    """Of the thing itself; of the table for rows."""
    table: str = ""
    """The table of a column, the type of an attribute."""

    @property
    def typed(self) -> str:
        """What a person types to confirm it: `public.users.email`."""
        return ".".join(part for part in (self.schema, self.table, self.name) if part)

    def __str__(self) -> str:
        """Return `column public.users.email`, `all rows of table public.log`, `schema old with all in it`."""
        if self.kind == "rows":
            return f"all rows of table {self.typed}"
        if self.kind == "role":
            return f"all that role {self.typed} owns"
        return f"{self.kind} {self.typed}" + (" with all that hangs on it" if self.kind in _WHOLE else "")


def losses_of(connection: Connection, migration: Migration, phase: str) -> tuple[Loss, ...]:
    """Return what the rest of a phase takes away, as the catalog is now; each once, in the order of the file.

    Args:
        connection: reads only; of an abort it also asks whether the columns and tables hold anything.
        migration: as on disk.
        phase: expand, migrate or abort; the contract has its own confirmation.
    """
    steps = _ahead(connection, migration, phase)
    found = _there(connection, _losses(_effects(steps, server_version(connection) // 10000)))
    if phase != "abort":
        return found
    in_step = _kept_in_step(connection, migration)
    return tuple(loss for loss in found if _is_only_copy(connection, loss, in_step))


def kept_by_abort(connection: Connection, migration: Migration) -> tuple[Loss, ...]:
    """Return what an abort drops without a question: it is empty, generated, or equal to what stays."""
    version = server_version(connection) // 10000
    found = _there(connection, _losses(_effects(_ahead(connection, migration, "abort"), version)))
    asked = losses_of(connection, migration, "abort")
    return tuple(loss for loss in found if loss not in asked)


def losses_of_all(connection: Connection, migrations: Iterable[Migration]) -> dict[str, tuple[Loss, ...]]:
    """Return what each expand of a row of them takes away of what is there before the first.

    What an earlier one makes is none: no application had the time to write to it.
    """
    version = server_version(connection) // 10000
    names = set[str]()
    found: dict[str, tuple[Loss, ...]] = {}
    for migration in migrations:
        losses = list(_losses(_effects(_ahead(connection, migration, "expand"), version), names))
        found[migration.id] = _there(connection, losses)
    return found


def losses_in(statements: Iterable[Statement]) -> tuple[Loss, ...]:
    """Return what some statements take away, by their text alone."""
    pairs = ((statement, effects_of(statement)) for statement in statements)
    return tuple(dict.fromkeys(loss for loss, _ in _losses(pairs)))


def written_by(statement: Statement) -> tuple[TableName, ...]:
    """Return the tables that the statement puts rows into."""
    if statement.kind not in {"insert_stmt", "merge_stmt", "copy_stmt"}:
        return ()
    relation = getattr(statement.node, statement.kind).relation
    return (TableName(relation.schemaname or "public", relation.relname),)


def _ahead(connection: Connection, migration: Migration, phase: str) -> Sequence[Step]:
    """Return the steps that have not ended; what an aborted run left in the record counts for nothing."""
    store = Store(connection, "plan")
    record = store.migration(migration.id)
    is_again = record is not None and record.state.value == "aborted"
    ended = {} if is_again else {n: s for n, s in store.steps(migration.id, phase).items() if s.state in _ENDED}
    version = server_version(connection) // 10000
    return [s for s in steps_in(migration.files.get(phase), phase, version) if s.number not in ended]


_ENDED = frozenset({"done", "skipped"})


def _effects(steps: Iterable[Step], pg_version: int) -> Iterator[tuple[Statement, Effects]]:
    for step in steps:
        for statement, effects in zip(step.statements, step.effects, strict=True):
            yield statement, effects
            body = body_of(statement) if statement.kind == "do_stmt" else None
            for inner in body.statements if body else ():
                yield inner, effects_of(inner, pg_version)


def _losses(
    statements: Iterable[tuple[Statement, Effects]], new_names: set[str] | None = None
) -> Iterator[tuple[Loss, bool]]:
    """Yield each loss, and whether a statement before it has given that thing its name; adds to `new_names`."""
    names: set[str] = set() if new_names is None else new_names
    for statement, effects in statements:
        for loss in _of(statement, effects):
            yield loss, not names.isdisjoint({loss.name, loss.table})
        names |= {rename.new_name.rsplit(".", maxsplit=1)[-1] for rename in effects.renames}


def _of(statement: Statement, effects: Effects) -> Iterator[Loss]:
    is_cascade = statement.kind == "drop_stmt" and statement.node.drop_stmt.behavior == pb.DROP_CASCADE
    for ref in effects.removes:
        if ref.kind in _WITH_DATA or (ref.kind in _WHOLE and is_cascade):
            yield Loss(ref.kind, ref.schema, ref.name, ref.table)
    if statement.kind == "truncate_stmt" or (
        statement.kind == "delete_stmt" and not statement.node.delete_stmt.HasField("where_clause")
    ):
        yield from _rows(statement)
    elif statement.kind == "dropdb_stmt":
        yield Loss("database", "", statement.node.dropdb_stmt.dbname)
    elif statement.kind == "drop_owned_stmt":
        for role in statement.node.drop_owned_stmt.roles:
            yield Loss("role", "", role.role_spec.rolename)


def _rows(statement: Statement) -> Iterator[Loss]:
    if statement.kind == "delete_stmt":
        relations = [statement.node.delete_stmt.relation]
    else:
        relations = [item.range_var for item in statement.node.truncate_stmt.relations]
    for relation in relations:
        yield Loss("rows", relation.schemaname or "public", relation.relname)


def _there(connection: Connection, losses: Iterable[tuple[Loss, bool]]) -> tuple[Loss, ...]:
    """Return those that are in the catalog now, or are there under the name that they have until then."""
    found = dict.fromkeys(loss for loss, is_renamed in losses if is_renamed or _is_there(connection, loss))
    return tuple(found)


def _is_there(connection: Connection, loss: Loss) -> bool:
    if loss.kind in {"table", "rows"}:
        return holdings.has_table(connection, TableName(loss.schema, loss.name))
    if loss.kind == "column":
        return holdings.has_column(connection, TableName(loss.schema, loss.table), loss.name)
    return True


def _kept_in_step(connection: Connection, migration: Migration) -> frozenset[TableName]:
    """Return the tables where a trigger of the migration's own still keeps the new columns equal to the old."""
    version = server_version(connection) // 10000
    made: list[ObjectRef] = []
    for statement in migration.statements("expand"):
        made += [ref for ref in effects_of(statement, version).creates if ref.kind == "trigger"]
    ours = {(ref.schema, ref.table, ref.name) for ref in made if ref.name.startswith(_OURS)}
    return frozenset(
        TableName(schema, table)
        for schema, table, name in ours
        if holdings.has_enabled_trigger(connection, TableName(schema, table), name)
    )


def _is_only_copy(connection: Connection, loss: Loss, in_step: frozenset[TableName]) -> bool:
    """Whether it holds anything now that is not in another column as well."""
    if loss.kind == "column":
        table = TableName(loss.schema, loss.table)
        return table not in in_step and holdings.holds_values(connection, table, loss.name)
    return loss.kind not in {"table", "rows"} or holdings.holds_rows(connection, TableName(loss.schema, loss.name))
