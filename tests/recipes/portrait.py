"""A database's schema as the server itself describes it, to compare two databases that got there by different ways.

Not read by our own reader of the catalog: what that does not know would be the same on both sides. The order of the
columns, and the names of indexes and constraints, are left out: a new column is the last one, and copies have names of
their own.
"""

from migrator.pg.connection import Connection

_OURS = "('migrator', 'pg_catalog', 'information_schema', 'pg_toast')"
_QUERY = f"""
WITH r AS (
    SELECT c.*, c.oid::regclass::text AS label FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN {_OURS} AND n.nspname NOT LIKE 'pg\\_%'
)
SELECT 'relation ' || label AS what, concat_ws(' ', relkind, relpersistence, relreplident, relrowsecurity,
       relforcerowsecurity, reloptions, (SELECT array_agg(a ORDER BY a::text) FROM unnest(relacl) a),
       relowner::regrole, relispartition, pg_get_expr(relpartbound, oid), pg_get_partkeydef(oid),
       obj_description(oid, 'pg_class'),
       (SELECT array_agg(inhparent::regclass) FROM pg_inherits WHERE inhrelid = r.oid)) AS told
FROM r WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
UNION ALL
SELECT 'column ' || label || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod), attnotnull,
       attcollation::regcollation, attstorage, attcompression, to_jsonb(a) ->> 'attstattarget', attoptions,
       (SELECT array_agg(g ORDER BY g::text) FROM unnest(attacl) g), attidentity, attgenerated,
       pg_get_expr(d.adbin, d.adrelid), col_description(r.oid, attnum))
FROM r JOIN pg_attribute a ON a.attrelid = r.oid LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT 'constraint of ' || label, concat_ws(' ', pg_get_constraintdef(k.oid), convalidated, conislocal,
       coninhcount, obj_description(k.oid, 'pg_constraint'))
FROM r JOIN pg_constraint k ON k.conrelid = r.oid WHERE contype <> 'n'
UNION ALL
SELECT 'index of ' || i.indrelid::regclass, concat_ws(' ',
       regexp_replace(pg_get_indexdef(i.indexrelid), ' INDEX .* ON ', ' ON '),
       indisvalid, indisclustered, indisreplident, indisprimary, indimmediate,
       obj_description(i.indexrelid, 'pg_class'),
       (SELECT array_agg(attnum || '=' || attstattarget) FROM pg_attribute
        WHERE attrelid = i.indexrelid AND coalesce(attstattarget, -1) >= 0))
FROM r JOIN pg_index i ON i.indexrelid = r.oid
UNION ALL
SELECT 'trigger of ' || label, concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled, obj_description(t.oid, 'pg_trigger'))
FROM r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT tgisinternal
UNION ALL
SELECT 'rule of ' || label, concat_ws(' ', pg_get_ruledef(u.oid), ev_enabled)
FROM r JOIN pg_rewrite u ON u.ev_class = r.oid
UNION ALL
SELECT 'policy of ' || label, concat_ws(' ', polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid),
       pg_get_expr(polwithcheck, polrelid)) FROM r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL
SELECT 'statistics of ' || label, concat_ws(' ', pg_get_statisticsobjdef(s.oid),
       obj_description(s.oid, 'pg_statistic_ext'))
FROM r JOIN pg_statistic_ext s ON s.stxrelid = r.oid
UNION ALL
SELECT 'publication ' || pubname, concat_ws(' ', tablename, (SELECT array_agg(a ORDER BY a) FROM unnest(attnames) a),
       rowfilter) FROM pg_publication_tables
UNION ALL
SELECT 'sequence ' || q.seqrelid::regclass, concat_ws(' ', seqtypid::regtype, seqmax, seqincrement, seqcycle,
       (SELECT refobjid::regclass || '.' || a.attname FROM pg_depend d
        JOIN pg_attribute a ON a.attrelid = refobjid AND a.attnum = refobjsubid
        WHERE d.objid = q.seqrelid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')))
FROM pg_sequence q JOIN r ON r.oid = q.seqrelid
UNION ALL
SELECT 'function ' || p.oid::regprocedure, concat_ws(' ', pg_get_functiondef(p.oid), proacl, proowner::regrole)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE prokind = 'f' AND (n.nspname NOT IN {_OURS} OR proname LIKE 'sync%')
UNION ALL
SELECT 'type ' || t.oid::regtype, concat_ws(' ', typtype, typdefault, typnotnull)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname NOT IN {_OURS}
AND typtype NOT IN ('b') AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 1, 2
"""


def portrait(connection: Connection) -> list[str]:
    """Return one line for each thing in the schema, sorted."""
    return sorted(f"{row['what']}: {row['told']}" for row in connection.execute(_QUERY.encode()))
