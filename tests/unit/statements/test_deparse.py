"""What is written back from a tree reads as the tree: names keep the quotes that they need."""

import pytest
from google.protobuf.message import Message

from migrator.names import quote
from migrator.schema.expressions import walk
from migrator.statements.parse import deparse, parse_sql, pb

_STATEMENTS = (
    "CREATE INDEX {0} ON {0}.{0} USING gin ({0} {0}.{0}, (f({0})) COLLATE {0}.{0} DESC) INCLUDE ({0}) WHERE {0} > 0",
    "CREATE UNIQUE INDEX i ON ONLY t ({0} o(siglen=32)) NULLS NOT DISTINCT WITH (fillfactor=70) TABLESPACE {0}",
    "ALTER TABLE t ADD CONSTRAINT {0} FOREIGN KEY ({0}, b) REFERENCES {0}.{0} ({0}, c) MATCH FULL ON UPDATE CASCADE",
    "ALTER TABLE t ADD FOREIGN KEY ({0}) REFERENCES u ON DELETE SET NULL ({0}, b) INITIALLY DEFERRED NOT VALID",
    "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY ({0}) REFERENCES u ON DELETE SET DEFAULT ({0})",
    "ALTER TABLE t ADD CONSTRAINT {0} CHECK ({0}.{0}({0} => {0}) AND {0}::{0}.{0} = ANY (ARRAY['a'::{0}])) NO INHERIT",
    "ALTER TABLE t ADD CONSTRAINT {0} UNIQUE NULLS NOT DISTINCT ({0}) INCLUDE ({0}) DEFERRABLE",
    "CREATE STATISTICS {0}.{0} (mcv) ON {0}, (lower({0})) FROM {0}.{0}",
    "CREATE POLICY {0} ON {0}.{0} FOR UPDATE TO {0}, PUBLIC USING ({0} = 1) WITH CHECK ({0} > 1)",
    "CREATE VIEW {0}.{0} ({0}) AS SELECT {0}.{0} AS {0} FROM {0} {0} JOIN {0}.{0} b USING ({0}) AS {0}",
    "SELECT sum(b) OVER ({0} ROWS 1 PRECEDING), max(b) OVER {0} FROM {0} WINDOW {0} AS (PARTITION BY {0})",
    "WITH {0}({0}) AS MATERIALIZED (SELECT 1) SELECT ({0}).{0}[1], f({0} => 1) FROM f({0}) WITH ORDINALITY AS {0}({0})",
    "CREATE TRIGGER {0} BEFORE UPDATE OF {0} ON {0}.{0} FOR EACH ROW WHEN (NEW.{0} > 1) EXECUTE FUNCTION {0}.{0}()",
)  # fmt: skip


def same(text: str) -> Message:
    """Return the tree without the places of its parts."""
    [statement] = parse_sql(text).statements
    tree = pb.Node.FromString(statement.node.SerializeToString())
    for part in walk(tree):
        for descriptor, _ in part.ListFields():
            if descriptor.name.endswith(("location", "list_start", "list_end")):
                part.ClearField(descriptor.name)
    return tree


@pytest.mark.parametrize("name", ["plain", "user", "Mixed Case", 'q"uote', "größe", "a.b"])
def test_what_is_written_reads_as_the_tree(name: str) -> None:
    for text in _STATEMENTS:
        wanted = text.format(quote(name))
        [statement] = parse_sql(wanted).statements
        before = statement.node.SerializeToString()
        assert same(deparse(statement.node)) == same(wanted), wanted
        assert statement.node.SerializeToString() == before
