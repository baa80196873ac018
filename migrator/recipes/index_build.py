"""An index that is built beside the traffic: on a plain table at once, on a partitioned one partition by partition.

On a partitioned table it is made ON ONLY the parent first, where nothing is built and from where new partitions
inherit it; then CONCURRENTLY on each partition; then attached. The parent's index is valid when all are attached
(reference/phases.md §2.2). Used by every recipe that needs an index.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migrator.errors import InputError, RecipeRefused
from migrator.names import TableName, made_name, quote
from migrator.recipes.phase_text import Step
from migrator.recipes.target import check_relation_name, find_columns, is_taken
from migrator.schema.expressions import column_refs, parse_one
from migrator.schema.model import Schema, Table
from migrator.statements.parse import Node, deparse

_CORRUPTING = 14
"""CREATE INDEX CONCURRENTLY of 14.0 to 14.3 may leave rows out of the index."""


@dataclass(frozen=True, slots=True)
class IndexShape:
    """What an index holds, in the words of CREATE INDEX."""

    columns: tuple[str, ...]
    unique: bool = False
    where: str | None = None
    include: tuple[str, ...] = ()
    method: str = "btree"
    nulls_not_distinct: bool = False

    def parsed(self, table: TableName) -> Node:
        """Return the statement's tree; what a person gave may fill its places and nothing else.

        Raises:
            RecipeRefused: it is no index.
        """
        unique, where = "UNIQUE " * self.unique, f" WHERE {self.where}" if self.where else ""
        include = f" INCLUDE ({', '.join(self.include)})" if self.include else ""
        nulls = " NULLS NOT DISTINCT" * self.nulls_not_distinct
        on = f"{table} USING {quote(self.method)} ({', '.join(self.columns)})"
        try:
            return parse_one(f"CREATE {unique}INDEX CONCURRENTLY made ON {on}{include}{nulls}{where}\n")
        except InputError as exc:
            given = ", ".join((*self.columns, *self.include, *([self.where] if self.where else [])))
            raise RecipeRefused(
                f"This cannot be indexed: {given}.", "Write columns and expressions as in CREATE INDEX."
            ) from exc


@dataclass(frozen=True, slots=True)
class IndexBuild:
    """The statements that build one index and those that take it away again."""

    schema: Schema
    table: Table
    node: Node
    name: str

    @classmethod
    def of(cls, schema: Schema, table: Table, shape: IndexShape, name: str | None) -> "IndexBuild":
        """Return the build of an index of this shape; without a name, one that says what it is.

        Raises:
            RecipeRefused: a column is missing, the name is taken, or a partitioned table cannot have it.
        """
        node = shape.parsed(table.name)
        find_columns(table, columns_of(node))
        parts = (table, *schema.descendants(table.name))
        for part in parts:
            if part.has_foreign_parts:
                raise RecipeRefused(
                    f"A partition of {part.name} is a foreign table, which cannot have an index here.",
                    "Build the index on each other partition by itself.",
                )
            if shape.unique:
                _check_key_held(part, node)
        build = cls(schema, table, node, name or _free_name(schema, parts, node))
        for part in parts:
            check_relation_name(schema, build.index_of(part))
        return build

    @property
    def full_name(self) -> TableName:
        """The index on the table itself."""
        return self.index_of(self.table)

    @property
    def has_expression(self) -> bool:
        """Whether it needs statistics of its own."""
        return any(element.index_elem.HasField("expr") for element in self.node.index_stmt.index_params)

    def index_of(self, table: Table) -> TableName:
        """Return the name of the table's or partition's own index."""
        return _name_on(table, self.name, is_own=table.name == self.table.name)

    def steps(self) -> tuple[Step, ...]:
        """Return what builds it; with an expression also what gathers its statistics."""
        return (*self._build(self.table), *((f"ANALYZE {self.table.name}",) if self.has_expression else ()))

    def drops(self) -> tuple[Step, ...]:
        """Return what takes it away, however far the build came: dropping the parent's takes what is attached."""
        if not self.table.is_partitioned:
            return (f"DROP INDEX CONCURRENTLY {self.full_name}",)
        parents = (f"DROP INDEX {self.index_of(t)}" for t in self._trees() if t.is_partitioned)
        leaves = (f"DROP INDEX CONCURRENTLY {self.index_of(t)}" for t in self._trees() if not t.is_partitioned)
        return (*parents, *leaves)

    def create(self, table: Table) -> str:
        """Return the statement that makes the index of one table or partition."""
        node = Node()
        node.CopyFrom(self.node)
        statement = node.index_stmt
        statement.idxname = self.index_of(table).name
        statement.relation.schemaname, statement.relation.relname = table.name
        statement.concurrent = not table.is_partitioned
        statement.relation.inh = not table.is_partitioned
        return deparse(node)

    def _trees(self) -> tuple[Table, ...]:
        return (self.table, *self.schema.descendants(self.table.name))

    def _build(self, table: Table) -> Iterator[Step]:
        yield self.create(table)
        for child in self.schema.children(table.name) if table.is_partitioned else ():
            yield from self._build(child)
            yield f"ALTER INDEX {self.index_of(table)} ATTACH PARTITION {self.index_of(child)}"

    def locks(self) -> str:
        """Return the paragraph of a file's head that says what the build locks."""
        if not self.table.is_partitioned:
            return (
                "Locks: SHARE UPDATE EXCLUSIVE; the build reads the table twice and blocks no reader and no writer. It"
                " waits for older transactions to end."
            )
        return (
            "Locks: ON ONLY takes SHARE on the parent for milliseconds and builds nothing; each partition is built"
            " under SHARE UPDATE EXCLUSIVE, which blocks no reader and no writer; attaching takes ACCESS EXCLUSIVE on"
            " the partition's index for milliseconds. A partition that is made meanwhile gets the index by itself."
        )

    def drop_locks(self) -> str:
        """Return the paragraph that says what `drops` locks."""
        if not self.table.is_partitioned:
            return "Locks: SHARE UPDATE EXCLUSIVE; blocks no reader and no writer."
        return (
            "Locks: ACCESS EXCLUSIVE on the parent and its partitions for milliseconds: the server cannot drop a"
            " partitioned index CONCURRENTLY. It takes the attached ones with it; those that are not attached yet"
            " follow one by one, and a step whose index is gone already is skipped."
        )


def version_note(pg_version: int) -> tuple[str, ...]:
    """Return the paragraph about servers whose concurrent builds lose rows."""
    if pg_version != _CORRUPTING:
        return ()
    return ("Not on 14.0 to 14.3: there CONCURRENTLY may leave rows out of the index. Update to 14.4 or later first.",)


def _name_on(table: Table, name: str, *, is_own: bool) -> TableName:
    return TableName(table.name.schema, name if is_own else made_name(table.name.name, name))


def _free_name(schema: Schema, parts: tuple[Table, ...], node: Node) -> str:
    """Return a name as the server makes it, with a number when it is taken on the table or on a partition."""
    wanted = made_name(parts[0].name.name, *_words(node), suffix="_idx")
    for name in (wanted, *(made_name(wanted, str(number)) for number in range(1, 100))):
        names = [_name_on(part, name, is_own=part is parts[0]) for part in parts]
        if not any(is_taken(schema, full) for full in names):
            return name
    raise RecipeRefused(f"Every name like {wanted} is taken.", "Give one with --name.")


def _check_key_held(table: Table, node: Node) -> None:
    if not set(table.partition_key) <= set(plain_columns(node)):
        raise RecipeRefused(
            f"{table.name} is partitioned by {', '.join(table.partition_key)}: a unique index must hold these"
            " columns, because each partition is checked alone.",
            "Add them to the columns, or make each partition's index unique by itself.",
        )


def columns_of(node: Node) -> tuple[str, ...]:
    """Return every column that the index reads, each once."""
    statement = node.index_stmt
    plain = [e.index_elem.name for e in (*statement.index_params, *statement.index_including_params)]
    return tuple(dict.fromkeys((*filter(None, plain), *column_refs(statement))))


def plain_columns(node: Node) -> tuple[str, ...]:
    """Return the key's columns that stand for themselves."""
    return tuple(e.index_elem.name for e in node.index_stmt.index_params if e.index_elem.name)


def _words(node: Node) -> Iterable[str]:
    """Yield what PostgreSQL would name the index after: each column, and the columns of each expression."""
    for element in node.index_stmt.index_params:
        yield element.index_elem.name or "_".join(column_refs(element.index_elem)) or "expr"
