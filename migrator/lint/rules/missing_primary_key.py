"""Makes a table without a primary key.

Why:
    Its rows cannot be told apart: not by logical replication, not by a backfill in batches.

Bad:
    CREATE TABLE notes (text text);

Good:
    CREATE TABLE notes (id bigint PRIMARY KEY, text text);
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.statements.facts.nodes import table_name
from migrator.statements.facts.volatility import nodes_of
from migrator.statements.parse import pb

CATEGORY = Category.STYLE
SEVERITY = Severity.WARNING
DEFAULT = False


def check(file: FileContext) -> Iterator[Claim]:
    """Report tables without a primary key, but for partitions, children and copies."""
    for step in file.of_kind("create_stmt"):
        statement = step.statement.node.create_stmt
        kinds = {node.contype for node in nodes_of(statement) if isinstance(node, pb.Constraint)}
        is_like = any(node.HasField("table_like_clause") for node in statement.table_elts)
        if pb.CONSTR_PRIMARY in kinds or statement.inh_relations or is_like:
            continue
        yield step.claim(
            f"{table_name(statement.relation)} has no primary key.",
            "Give it one: id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            severity=SEVERITY,
        )
