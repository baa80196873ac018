-- name: session
-- Keys are kept as text and cast back: these forms read back as the same value, whatever the server's defaults are.
-- Outside batches nothing waits long for a lock either, and a limit that the role has for its own statements is not ours.
SELECT set_config('extra_float_digits', '1', false), set_config('IntervalStyle', 'postgres', false),
       set_config('DateStyle', 'ISO', false), set_config('bytea_output', 'hex', false),
       set_config('lock_timeout', '10s', false), set_config('statement_timeout', '1min', false);

-- name: begin
-- Until the end of this transaction: how long we wait, and the word by which the sync trigger lets us pass. The key's
-- index is the right way whatever the statistics say; compiling a statement that runs for 200 ms costs more than it.
SELECT set_config('lock_timeout', %(lock_timeout)s, true), set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('migrator.bypass', %(bypass)s, true), set_config('enable_seqscan', 'off', true),
       set_config('jit', 'off', true),
       set_config('synchronous_commit', coalesce(%(commit)s::text, current_setting('synchronous_commit')), true),
       pg_stat_get_xact_tuples_hot_updated(%(table)s) AS hot;

-- name: begin_reading
-- Verification changes nothing, even when an expression would.
SELECT set_config('transaction_read_only', 'on', true), set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('lock_timeout', coalesce(%(lock_timeout)s::text, current_setting('lock_timeout')), true),
       set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true);

-- name: deadlock_timeout
-- We wait for a row less than this, so that a deadlock with the application ends by our giving up, never its.
SELECT extract(epoch FROM current_setting('deadlock_timeout')::interval)::float8 AS seconds;

-- name: relation
-- What stands under the table's name, and whether its row-level security applies to us.
SELECT c.oid, c.relkind, row_security_active(c.oid) AS is_hidden, quote_ident(current_user) AS role
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(table)s;

-- name: estimate
-- Of the table or of all its partitions; -1 (never analysed) counts as nothing known.
SELECT sum(greatest(p.reltuples, 0))::bigint AS rows
FROM pg_class p
WHERE (p.oid = %(table)s AND p.relkind <> 'p')
   OR p.oid IN (SELECT relid FROM pg_partition_tree(%(table)s) WHERE isleaf);

-- name: key_columns
-- Every unique index with its columns, and why it is no key; NULL: it is one. A key has every row exactly once, in the
-- order of a plain ORDER BY: valid, no predicate, no expression, no NULL (one that is NOT NULL but NOT VALID, from
-- PostgreSQL 18 on, may hold some), default operators, the columns' own collations. A domain counts as what it is made
-- of. The primary key comes first, then the shortest. `is_reversed` columns sort the other way round than the first.
-- `sorted` tells how its values sort: the same for types whose values read, and sort, the same.
SELECT x.indexrelid::regclass::text AS index, reason,
       a.attname AS column, tn.nspname AS type_schema, t.typname AS type, t.oid <> a.atttypid AS is_domain,
       (x.indoption[k.n] & 2 <> 0) <> (x.indoption[k.n] & 1 <> 0) AS is_null_first, a.attnum AS number,
       CASE WHEN t.oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'integer'
            WHEN t.oid IN ('text'::regtype, 'varchar'::regtype) THEN 'text'
            ELSE format_type(t.oid, -1) END || coalesce(' COLLATE ' || quote_ident(co.collname) || coalesce(
           ' ' || CASE WHEN co.collprovider <> 'd' THEN co.collcollate
                  ELSE (SELECT d.datcollate FROM pg_database d WHERE d.datname = current_database()) END, '')
           || coalesce(' version ' || pg_collation_actual_version(co.oid), ''), '')
           || CASE WHEN way.is_reversed THEN ' DESC' ELSE '' END AS sorted, way.is_reversed
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_am am ON am.oid = i.relam AND am.amname = 'btree'
CROSS JOIN LATERAL (
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.n) FILTER (WHERE NOT a.attnotnull) AS nullable,
           string_agg(quote_ident(a.attname), ', ' ORDER BY k.n) FILTER (WHERE EXISTS (
               SELECT FROM pg_constraint nn WHERE nn.conrelid = x.indrelid AND nn.contype = 'n'
               AND nn.conkey[1] = a.attnum AND NOT nn.convalidated)) AS unproven,
           string_agg(quote_ident(a.attname), ', ' ORDER BY k.n)
               FILTER (WHERE NOT o.opcdefault OR x.indcollation[k.n] <> a.attcollation) AS other
    FROM generate_series(0, x.indnkeyatts - 1) AS k(n)
    JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k.n]
    JOIN pg_opclass o ON o.oid = x.indclass[k.n]) AS c
CROSS JOIN LATERAL (SELECT
    CASE WHEN NOT x.indisvalid THEN 'it is INVALID, its build did not end'
         WHEN x.indpred IS NOT NULL THEN 'it holds only the rows WHERE ' || pg_get_expr(x.indpred, x.indrelid)
         WHEN x.indexprs IS NOT NULL THEN 'it is over an expression, ' || pg_get_expr(x.indexprs, x.indrelid)
         WHEN c.nullable IS NOT NULL THEN c.nullable || ' may be NULL'
         WHEN c.unproven IS NOT NULL THEN 'NOT NULL of ' || c.unproven || ' was never validated'
         WHEN c.other IS NOT NULL THEN c.other || ' has another operator class or collation there than by default'
    END AS reason) AS judged
CROSS JOIN LATERAL generate_series(0, x.indnkeyatts - 1) AS k(n)
CROSS JOIN LATERAL (SELECT (x.indoption[k.n] & 1) <> (x.indoption[0] & 1) AS is_reversed) AS way
LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k.n]
LEFT JOIN LATERAL (
    WITH RECURSIVE made AS (
        SELECT t.oid, t.typtype, t.typbasetype FROM pg_type t WHERE t.oid = a.atttypid
        UNION ALL
        SELECT t.oid, t.typtype, t.typbasetype FROM made m JOIN pg_type t ON t.oid = m.typbasetype
        WHERE m.typtype = 'd')
    SELECT oid FROM made WHERE typtype <> 'd') AS base ON true
LEFT JOIN pg_type t ON t.oid = base.oid
LEFT JOIN pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_collation co ON co.oid = a.attcollation
WHERE x.indrelid = %(table)s AND x.indisunique
ORDER BY x.indisprimary DESC, x.indnkeyatts, x.indexrelid, k.n;

-- name: column_types
-- To compare a column with its expression, the expression is cast to the column's type as the UPDATE did.
SELECT a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type
FROM pg_attribute a WHERE a.attrelid = %(table)s AND a.attnum > 0 AND NOT a.attisdropped;

-- name: striping
-- Whether stripes can help: a changed column that is in an index (as a column, in an expression or in a predicate)
-- makes every update write all indexes. BRIN indexes do not count since PostgreSQL 16.
SELECT c.relpages * current_setting('block_size')::float8 / nullif(c.reltuples, 0) AS row_bytes,
       current_setting('block_size')::int AS block_bytes,
       pg_size_bytes(current_setting('shared_buffers'))::bigint AS cache_bytes,
       coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 100)
           AS fillfactor,
       (SELECT min(a.attname) FROM pg_attribute a
        JOIN pg_index x ON x.indrelid = a.attrelid
        JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_am am ON am.oid = i.relam
        WHERE a.attrelid = c.oid AND a.attname = ANY (%(columns)s)
          AND (am.amname <> 'brin' OR current_setting('server_version_num')::int < 160000)
          AND (a.attnum = ANY (x.indkey) OR EXISTS (
              SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = x.indexrelid
              AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid = a.attnum))) AS indexed
FROM pg_class c WHERE c.oid = %(table)s;

-- name: hash_functions
-- The function by which a hash index would hash each column of the key; NULL where SQL cannot call it.
SELECT a.attname AS column, f.nspname AS function_schema, f.proname AS function
FROM unnest(%(columns)s::text[]) WITH ORDINALITY AS k(name, position)
JOIN pg_attribute a ON a.attrelid = %(table)s AND a.attname = k.name
LEFT JOIN LATERAL (
    SELECT n.nspname, p.proname FROM pg_opclass o
    JOIN pg_am am ON am.oid = o.opcmethod AND am.amname = 'hash'
    JOIN pg_amproc ap ON ap.amprocfamily = o.opcfamily AND ap.amprocnum = 1
         AND ap.amproclefttype = o.opcintype AND ap.amprocrighttype = o.opcintype
    JOIN pg_proc p ON p.oid = ap.amproc AND p.proargtypes[0] = o.opcintype
    JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE o.opcdefault
      AND o.opcintype = CASE a.atttypid WHEN 'varchar'::regtype THEN 'text'::regtype ELSE a.atttypid END
) AS f ON true
ORDER BY k.position;

-- name: hot_updates
-- Rows whose new version found room on their own page, in this transaction and those not yet reported before it.
SELECT pg_stat_get_xact_tuples_hot_updated(%(table)s) AS hot;

-- name: pages
-- The size as it is, not as it was when the table was last analysed.
SELECT greatest(pg_relation_size(%(table)s::oid),
                (SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(%(table)s::oid) WHERE isleaf))::bigint
       / current_setting('block_size')::bigint AS pages;

-- name: begin_cut
-- The worker whose range is cut waits for this transaction with its next batch, so it may not take long.
SELECT set_config('lock_timeout', '1s', true), set_config('statement_timeout', '400ms', true);

-- name: abandoned
-- How long a session may stand idle in a transaction: one whose process was stopped gives its rows back.
SELECT set_config('idle_in_transaction_session_timeout', %(limit)s, false);

-- name: page_density
-- A table that is walked by its pages: an ordinary one, or a partition.
SELECT c.oid, greatest(c.reltuples, 0) / nullif(c.relpages, 0)::float8 AS rows_per_page,
       EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AS has_children
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND c.relkind = 'r';

-- name: last_page
-- The number of the last page, and the file: another one when the table was rewritten.
SELECT pg_relation_size(%(table)s::oid) / current_setting('block_size')::bigint - 1 AS page,
       pg_relation_filenode(%(table)s::oid) AS file;

-- name: parts
-- The partitions that hold rows, in the order of their making; none for a table without partitions.
SELECT n.nspname AS schema, c.relname AS name, c.relkind
FROM pg_partition_tree(%(table)s::oid) p JOIN pg_class c ON c.oid = p.relid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE p.isleaf AND p.relid <> %(table)s::oid ORDER BY c.oid;

-- name: partition_columns
-- Columns by which rows are spread over partitions: a changed one moves a row from one to another.
SELECT DISTINCT a.attname AS column FROM pg_partition_tree(%(table)s::oid) p
JOIN pg_partitioned_table t ON t.partrelid = p.relid
JOIN pg_attribute a ON a.attrelid = t.partrelid AND (a.attnum = ANY (t.partattrs) OR t.partexprs IS NOT NULL)
WHERE a.attnum > 0;

-- name: written
-- Up to here the primary has written: a replica that has replayed it shows all that the backfill did.
SELECT pg_current_wal_insert_lsn()::text AS position;

-- name: replayed
-- Whether a replica has come so far.
SELECT pg_is_in_recovery() AS is_replica,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() >= %(position)s::pg_lsn END AS is_caught_up;

-- name: written_types
-- Types without their length: an explicit cast to varchar(5) cuts a value off in silence, the column itself refuses it.
-- A domain counts as what it is made of; partitions and children have rows at the same places.
WITH RECURSIVE base AS (
    SELECT a.attname, a.attnum, a.atttypid AS type, t.typtype, t.typbasetype, t.typcategory
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = %(table)s AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attname, b.attnum, t.oid, t.typtype, t.typbasetype, t.typcategory
    FROM base b JOIN pg_type t ON t.oid = b.typbasetype WHERE b.typtype = 'd'
)
SELECT b.attname AS column, format_type(a.atttypid, -1) AS type, b.typcategory = 'A' AS is_array,
       b.type IN ('json'::regtype, 'jsonb'::regtype) AS is_json, c.relhassubclass AS has_children
FROM base b JOIN pg_attribute a ON a.attrelid = %(table)s AND a.attnum = b.attnum
JOIN pg_class c ON c.oid = a.attrelid
WHERE b.typtype <> 'd' ORDER BY b.attnum;

-- name: archived_columns
-- What both tables have, except what the archive computes itself.
SELECT a.attname AS column FROM pg_attribute a
JOIN pg_attribute b ON b.attrelid = to_regclass(%(archive)s) AND b.attname = a.attname AND NOT b.attisdropped
WHERE a.attrelid = %(table)s AND a.attnum > 0 AND NOT a.attisdropped AND b.attgenerated = '' ORDER BY a.attnum;

-- name: not_archived_columns
-- Columns whose values would be lost on the way.
SELECT a.attname AS column FROM pg_attribute a
WHERE a.attrelid = %(table)s AND a.attnum > 0 AND NOT a.attisdropped AND NOT EXISTS (
    SELECT FROM pg_attribute b
    WHERE b.attrelid = to_regclass(%(archive)s) AND b.attname = a.attname AND NOT b.attisdropped)
ORDER BY a.attnum;
