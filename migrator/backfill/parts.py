"""The parts of a table that are walked one after the other, and what it takes to work on one.

A table without partitions is one part without a name. A partitioned one is walked partition by partition, each along
its own key: walked as a whole, each batch would have to look into every partition. Called by the runner, which makes
ranges of the parts, and by workers, which lease them.
"""

from dataclasses import dataclass, replace

from migrator.backfill import pages
from migrator.backfill.batch import BatchJob, job_for
from migrator.backfill.keyset import Keyset, column_types, last_key, rows_estimate
from migrator.backfill.partition_names import on_partition
from migrator.backfill.request import BackfillRequest
from migrator.backfill.sources import source_of
from migrator.backfill.sources.source import Source
from migrator.backfill.spec import BackfillSpec
from migrator.backfill.stripes import PLAIN, Striping, plan_striping, read_division
from migrator.backfill.table_keys import KeyRecord, read_keyset, read_pages, refuse_another_width
from migrator.errors import InputError
from migrator.names import TableName
from migrator.pg.driver import Connection
from migrator.pg.queries import query
from migrator.pg.reopened import ReopenedSession
from migrator.state.places import Key


@dataclass(frozen=True, slots=True)
class Part:
    """What batches of one part need."""

    name: str | None
    """The partition, with its schema; None for a table without partitions."""
    job: BatchJob
    source: Source
    striping: Striping

    @property
    def keyset(self) -> Keyset:
        """The way along it."""
        return self.job.keyset

    def refuse_rewritten(self, connection: Connection, end: Key, begun: KeyRecord | None) -> None:
        """Raise when the places of its ranges mean something else than when the backfill began.

        Raises:
            Refused: begin again.
        """
        keyset = self.keyset
        if keyset.rows_per_page:
            pages.refuse_rewritten(connection, keyset.oid, keyset.table, end)
        elif begun is not None:
            begun.refuse_another(keyset)
        else:
            refuse_another_width(keyset, len(end))


def read_part(
    connection: Connection,
    request: BackfillRequest,
    name: str | None,
    reader: ReopenedSession | None = None,
    begun: KeyRecord | None = None,
) -> Part:
    """Return one part of the backfill's table, along the key that it was begun with where that is still there.

    A source that must read its rows before it writes them reads them with `reader`.

    Raises:
        InputError: it does not exist, has no key or one that changes, or the source cannot work on it.
    """
    keyset = part_keyset(connection, request.spec, name, begun)
    spec = request.spec if name is None else _on_partition(connection, request.spec, keyset)
    source = source_of(spec, reader)
    _refuse_changed_key(spec, keyset, source)
    division = read_division(connection, keyset) if source.is_striped and not keyset.rows_per_page else None
    job = job_for(connection, request.migration, spec, keyset, request.target_seconds)
    job = replace(job, division=division, columns=source.columns)
    striping = plan_striping(connection, keyset, source.columns, division) if source.is_striped else PLAIN
    return Part(name, job, source, striping)


def _refuse_changed_key(spec: BackfillSpec, keyset: Keyset, source: Source) -> None:
    """A row that gets a higher key would be met, and changed, again and again."""
    changed = [column.name for column in keyset.columns if column.name in source.columns]
    if changed and spec.where is None:
        raise InputError(
            f"{keyset.table} is walked along {', '.join(changed)}, which it changes: rows would be met again.",
            "Say in `where` which rows still need it; or fill a new column and let it take the key's place.",
        )


def _on_partition(connection: Connection, spec: BackfillSpec, keyset: Keyset) -> BackfillSpec:
    """Return the specification with the partition where its expressions name the table."""
    columns = column_types(connection, keyset)

    def moved(text: str) -> str:
        return on_partition(text, spec.table_name, keyset.table, columns)

    changes = {column: moved(text) for column, text in spec.set.items()}
    return spec.model_copy(update={"set": changes, "where": spec.where and moved(spec.where)})


def part_keyset(connection: Connection, spec: BackfillSpec, name: str | None, begun: KeyRecord | None = None) -> Keyset:
    """Return the way along a part.

    Raises:
        InputError: it does not exist, or has no key.
    """
    table = spec.table_name if name is None else TableName.parse(name)
    return read_pages(connection, table) if spec.by == "ctid" else read_keyset(connection, table, begun)


def part_names(connection: Connection, spec: BackfillSpec) -> tuple[str | None, ...]:
    """Return the names of the parts in the order in which they are walked.

    Raises:
        InputError: the table does not exist, or a partition is in another database.
    """
    table, source = spec.table_name, source_of(spec)
    values = {"schema": table.schema, "table": table.name}
    row = connection.execute(query("batches.relation", "migrator.backfill"), values).fetchone()
    if row is None or row["relkind"] != "p" or not source.is_per_partition:
        return (None,)
    values = {"table": row["oid"]}
    keys = {
        each["column"] for each in connection.execute(query("batches.partition_columns", "migrator.backfill"), values)
    }
    if keys & set(source.columns):
        return (None,)  # an UPDATE of one partition cannot move a row to another
    parts = connection.execute(query("batches.parts", "migrator.backfill"), values).fetchall()
    for part in parts:
        if part["relkind"] != "r":
            raise InputError(
                f"Partition {part['schema']}.{part['name']} is in another database.", "Backfill its table there."
            )
    # Without any partition the table is its own part, and has no row.
    return tuple(str(TableName(part["schema"], part["name"])) for part in parts) or (None,)


def is_gone(connection: Connection, name: str | None, begun: KeyRecord | None = None) -> bool:
    """Return whether a partition was dropped or renamed; verification walks those that there are then.

    One that was made again, or was given its name, is another one.
    """
    if name is None:
        return False
    table = TableName.parse(name)
    values = {"schema": table.schema, "table": table.name}
    row = connection.execute(query("batches.relation", "migrator.backfill"), values).fetchone()
    return row is None or (begun is not None and begun.is_of_another(row["oid"]))


@dataclass(frozen=True, slots=True)
class PartEnd:
    """A part that has rows, and the last key that it has now."""

    name: str | None
    keyset: Keyset
    end: Key


def part_ends(connection: Connection, spec: BackfillSpec) -> list[PartEnd]:
    """Return the parts that have rows; those inserted behind their ends are the sync trigger's."""
    found = [(name, part_keyset(connection, spec, name)) for name in part_names(connection, spec)]
    ends = [(name, keyset, last_key(connection, keyset)) for name, keyset in found]
    return [PartEnd(name, keyset, end) for name, keyset, end in ends if end is not None]


def estimate(connection: Connection, spec: BackfillSpec) -> int | None:
    """Return about how many rows the whole table has; None: no idea."""
    values = {"schema": spec.table_name.schema, "table": spec.table_name.name}
    row = connection.execute(query("batches.relation", "migrator.backfill"), values).fetchone()
    return rows_estimate(connection, spec.table_name, row["oid"]) if row else None
