"""What a migration may leave in a database by mistake: everything of ours that is not the tool's own state."""

from migrator.pg.connection import connect

_RESIDUE = b"""
SELECT 'trigger ' || tgname AS name FROM pg_trigger WHERE tgname LIKE 'zz\\_migrator%'
UNION ALL
SELECT 'function ' || oid::regprocedure FROM pg_proc
WHERE pronamespace = 'migrator'::regnamespace AND proname LIKE 'sync\\_%'
UNION ALL
SELECT 'relation ' || oid::regclass FROM pg_class
WHERE relname LIKE '%migrator%' AND relnamespace <> 'migrator'::regnamespace
UNION ALL
SELECT 'type ' || oid::regtype FROM pg_type
WHERE typname LIKE '%migrator%' AND typnamespace <> 'migrator'::regnamespace
UNION ALL
SELECT 'constraint that is not valid ' || conname FROM pg_constraint WHERE NOT convalidated
UNION ALL
SELECT 'proof ' || conname FROM pg_constraint WHERE conname LIKE '%not\\_null\\_proof%'
UNION ALL
SELECT 'invalid index ' || indexrelid::regclass FROM pg_index WHERE NOT indisvalid
UNION ALL
SELECT 'disabled trigger ' || tgname FROM pg_trigger WHERE tgenabled = 'D'
"""


def residue(dsn: str) -> list[str]:
    """Return the name of everything that should have gone with the last phase."""
    with connect(dsn) as connection:
        return [row["name"] for row in connection.execute(_RESIDUE)]
