-- name: scope
-- The tables asked for (NULL: all of the user's), and those tied to them by a foreign key or inheritance: what
-- points at a table decides what may be done to it. Our own schema is no part of the application's.
WITH asked AS (
    SELECT c.oid
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
      AND CASE WHEN %(names)s::text[] IS NULL
               THEN n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'migrator')
               ELSE (n.nspname, c.relname) IN (SELECT s, t FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS a (s, t))
          END
)
SELECT oid::bigint AS oid FROM asked
UNION SELECT conrelid::bigint FROM pg_constraint WHERE contype = 'f' AND confrelid IN (SELECT oid FROM asked)
UNION SELECT inhparent::bigint FROM pg_inherits
      WHERE inhrelid IN (SELECT oid FROM asked) AND inhparent IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p'))
UNION SELECT inhrelid::bigint FROM pg_inherits
      WHERE inhparent IN (SELECT oid FROM asked) AND inhrelid IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p'));

-- name: tables
-- One row per table; the columns that a partition key reads depend internally on their own table. The owner is told
-- only when it is another role than the one that asks.
SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS is_partitioned,
       c.relrowsecurity AS has_row_security, pn.nspname AS parent_schema, p.relname AS parent_name,
       c.relispartition AS is_partition, pg_get_expr(c.relpartbound, c.oid) AS bound, c.relpersistence AS persistence,
       am.amname AS access_method, ts.spcname AS tablespace,
       CASE WHEN pg_get_userbyid(c.relowner) <> current_user THEN pg_get_userbyid(c.relowner) END AS owner,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('privilege', g.privilege_type, 'grantee', r.rolname,
                                                     'is_grantable', g.is_grantable)
                                  ORDER BY r.rolname, g.privilege_type), '[]')
        FROM aclexplode(c.relacl) AS g LEFT JOIN pg_roles r ON r.oid = g.grantee
        WHERE g.grantee <> c.relowner) AS grants,
       coalesce(pub.names, '{}') AS publications, coalesce(taking.functions, '{}') AS row_functions,
       -- what DROP TABLE stops at and no other question tells: uses of its row type, rules and policies of others
       ARRAY(SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)
             FROM (SELECT 'pg_class'::regclass::oid AS kind, c.oid
                   UNION ALL SELECT 'pg_type'::regclass, c.reltype
                   UNION ALL SELECT 'pg_type'::regclass, y.typarray FROM pg_type y WHERE y.oid = c.reltype) AS used
             JOIN pg_depend d ON d.refclassid = used.kind AND d.refobjid = used.oid AND d.deptype = 'n'
             WHERE d.classid <> 'pg_constraint'::regclass
               AND NOT (d.classid = 'pg_class'::regclass AND d.objsubid = 0)
               AND NOT EXISTS (SELECT FROM pg_depend o WHERE o.classid = d.classid AND o.objid = d.objid
                               AND o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid AND o.deptype IN ('a', 'i'))
               AND NOT EXISTS (SELECT FROM pg_rewrite w JOIN pg_class v ON v.oid = w.ev_class
                               JOIN pg_depend o ON o.classid = d.classid AND o.objid = d.objid
                               WHERE d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid AND v.relkind IN ('v', 'm')
                               AND o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid)
             ORDER BY 1) AS held_by,
       EXISTS (SELECT FROM pg_inherits h JOIN pg_class f ON f.oid = h.inhrelid
               WHERE h.inhparent = c.oid AND f.relkind = 'f') AS has_foreign_parts,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = a.attnum
                 AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid = 0 AND d.deptype = 'i'
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND c.relkind = 'p'
             ORDER BY a.attnum) AS partition_key
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid ORDER BY inhseqno LIMIT 1) i ON true
LEFT JOIN pg_class p ON p.oid = i.inhparent
LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
LEFT JOIN (SELECT schemaname, tablename, array_agg(pubname::text ORDER BY pubname) AS names
           FROM pg_publication_tables GROUP BY schemaname, tablename) AS pub
    ON pub.schemaname = n.nspname AND pub.tablename = c.relname
LEFT JOIN (SELECT t.typrelid, array_agg(DISTINCT p.oid::regprocedure::text) AS functions
           FROM pg_proc p, unnest(p.proargtypes) AS argument JOIN pg_type t ON t.oid = argument
           WHERE t.typrelid <> 0 GROUP BY t.typrelid) AS taking
    ON taking.typrelid = c.oid
WHERE c.oid = ANY (%(oids)s)
ORDER BY n.nspname, c.relname;

-- name: columns
-- On 18 attnotnull is also true for a NOT NULL that is not validated yet: `constraints` tells those apart.
SELECT a.attrelid::bigint AS oid, a.attnum, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       a.attnotnull AS is_not_null, pg_get_expr(d.adbin, d.adrelid) AS default_text,
       a.attidentity <> '' AS is_identity, a.attgenerated <> '' AS is_generated, a.attgenerated = 'v' AS is_virtual,
       CASE WHEN a.attcollation <> t.typcollation THEN format('%%I.%%I', cn.nspname, co.collname) END AS collation,
       sn.nspname AS sequence_schema, s.relname AS sequence_name, identity.*, col_description(a.attrelid, a.attnum) AS comment,
       t.typtype = 'd' AND (t.typnotnull OR t.typdefault IS NOT NULL) AS has_type_default,
       coalesce(a.attstattarget, -1) AS statistics_target, t.typstorage <> a.attstorage AS has_storage,
       a.attstorage AS storage, to_jsonb(a) ->> 'attcompression' AS compression, a.attoptions AS options
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation co ON co.oid = a.attcollation
LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
LEFT JOIN LATERAL (
    SELECT min(o.objid) AS oid FROM pg_depend o
    WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass AND o.refobjid = a.attrelid
      AND o.refobjsubid = a.attnum AND o.deptype = 'a' AND o.objid IN (SELECT oid FROM pg_class WHERE relkind = 'S')
) AS owned ON true
LEFT JOIN pg_class s ON s.oid = owned.oid
LEFT JOIN pg_namespace sn ON sn.oid = s.relnamespace
LEFT JOIN LATERAL (
    SELECT a.attidentity AS identity_kind, idn.nspname AS identity_schema, idc.relname AS identity_name,
           obj_description(idc.oid, 'pg_class') AS identity_comment,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('privilege', g.privilege_type, 'grantee', r.rolname,
                                                         'is_grantable', g.is_grantable)
                                      ORDER BY r.rolname, g.privilege_type), '[]')
            FROM aclexplode(idc.relacl) AS g LEFT JOIN pg_roles r ON r.oid = g.grantee
            WHERE g.grantee <> idc.relowner) AS identity_grants,
           array_remove(ARRAY[
               CASE WHEN q.seqstart <> CASE WHEN q.seqincrement > 0 THEN q.seqmin ELSE q.seqmax END
                    THEN 'START WITH ' || q.seqstart END,
               CASE WHEN q.seqincrement <> 1 THEN 'INCREMENT BY ' || q.seqincrement END,
               CASE WHEN q.seqmin <> 1 AND NOT (q.seqincrement < 0 AND q.seqmin IN (-32768, -2147483648, -9223372036854775808))
                    THEN 'MINVALUE ' || q.seqmin END,
               CASE WHEN q.seqmax NOT IN (32767, 2147483647, 9223372036854775807) THEN 'MAXVALUE ' || q.seqmax END,
               CASE WHEN q.seqcache <> 1 THEN 'CACHE ' || q.seqcache END,
               CASE WHEN q.seqcycle THEN 'CYCLE' END], NULL) AS identity_options
    FROM pg_depend o
    JOIN pg_sequence q ON q.seqrelid = o.objid
    JOIN pg_class idc ON idc.oid = q.seqrelid
    JOIN pg_namespace idn ON idn.oid = idc.relnamespace
    WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass AND o.refobjid = a.attrelid
      AND o.refobjsubid = a.attnum AND o.deptype = 'i' AND a.attidentity <> ''
) AS identity ON true
WHERE a.attrelid = ANY (%(oids)s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum;

-- name: grants
-- Privileges on single columns; a table's own privileges reach new columns by themselves.
SELECT a.attrelid::bigint AS oid, a.attname AS column, g.privilege_type AS privilege, r.rolname AS grantee,
       g.is_grantable
FROM pg_attribute a, aclexplode(a.attacl) AS g LEFT JOIN pg_roles r ON r.oid = g.grantee
WHERE a.attrelid = ANY (%(oids)s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum, r.rolname, g.privilege_type;

-- name: indexes
-- pg_depend knows the columns of expressions and predicates; indkey knows those of an index that a constraint owns.
-- Its constraint is looked up by the table, which the catalog has an index for: by conindid alone all are read for each.
SELECT i.indrelid::bigint AS oid, c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition,
       i.indisunique AS is_unique, i.indisprimary AS is_primary, i.indisvalid AS is_valid,
       i.indisreplident AS is_replica_identity, c.relispartition AS is_attached, pg_get_expr(i.indpred, i.indrelid) AS predicate, am.amname AS method,
       (SELECT conname FROM pg_constraint
        WHERE conrelid = i.indrelid AND conindid = i.indexrelid AND contype IN ('p', 'u', 'x')) AS constraint,
       obj_description(i.indexrelid, 'pg_class') AS comment, i.indisclustered AS is_clustered,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(a.attnum, a.attstattarget) ORDER BY a.attnum), '[]')
        FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) AS statistics,
       ARRAY(SELECT CASE WHEN i.indkey[k - 1] = 0 THEN '(' || pg_get_indexdef(i.indexrelid, k, false) || ')'
                    ELSE (SELECT attname FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = i.indkey[k - 1]) END
             FROM generate_series(1, i.indnatts) AS k ORDER BY k)::text[] AS attributes,
       i.indnkeyatts AS key_count,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = i.indrelid AND a.attnum > 0
               AND (a.attnum = ANY (i.indkey) OR EXISTS (
                   SELECT FROM pg_depend d
                   WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                     AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))
             ORDER BY a.attnum) AS columns
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am am ON am.oid = c.relam
WHERE i.indrelid = ANY (%(oids)s)
ORDER BY i.indrelid, c.relname;

-- name: constraints
-- Columns in key order, for a check in the table's order. Trigger constraints have no columns and are not listed, nor
-- are the copies of a foreign key that stand for each partition of the table it refers to: nothing is done with them.
SELECT r.conrelid::bigint AS oid, r.conname AS name, r.contype AS type, pg_get_constraintdef(r.oid) AS definition,
       r.convalidated AS is_valid, r.conparentid <> 0 OR (r.coninhcount > 0 AND NOT r.conislocal) AS is_inherited,
       fn.nspname AS references_schema, f.relname AS references_name,
       obj_description(r.oid, 'pg_constraint') AS comment,
       ARRAY(SELECT a.attname::text FROM unnest(r.conkey) WITH ORDINALITY AS k (attnum, position)
             JOIN pg_attribute a ON a.attrelid = r.conrelid AND a.attnum = k.attnum
             ORDER BY CASE WHEN r.contype = 'c' THEN k.attnum ELSE k.position END) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(r.confkey) WITH ORDINALITY AS k (attnum, position)
             JOIN pg_attribute a ON a.attrelid = r.confrelid AND a.attnum = k.attnum
             ORDER BY k.position) AS referenced_columns
FROM pg_constraint r
LEFT JOIN pg_class f ON f.oid = r.confrelid
LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE r.conrelid = ANY (%(oids)s) AND r.contype IN ('p', 'u', 'c', 'f', 'x', 'n')
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.oid = r.conparentid AND k.conrelid = r.conrelid)
ORDER BY r.conrelid, r.conname;

-- name: triggers
-- The user's triggers only: those of foreign keys are internal.
SELECT tgrelid::bigint AS oid, tgname AS name FROM pg_trigger
WHERE tgrelid = ANY (%(oids)s) AND NOT tgisinternal
ORDER BY tgrelid, tgname;

-- name: dependents
-- Everything outside indexes and constraints that names a column; DROP COLUMN fails on some and silently takes others.
SELECT d.refobjid::bigint AS oid, a.attname AS column, k.kind, k.name,
       min((SELECT n.nspname::text FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
            WHERE d.classid = 'pg_statistic_ext'::regclass AND s.oid = d.objid)) AS schema
FROM pg_depend d
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
JOIN LATERAL (
    SELECT CASE v.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'rule' END AS kind,
           CASE WHEN v.relkind IN ('v', 'm') THEN vn.nspname || '.' || v.relname ELSE r.rulename::text END AS name
    FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class JOIN pg_namespace vn ON vn.oid = v.relnamespace
    WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    UNION ALL
    SELECT 'policy', polname::text FROM pg_policy WHERE d.classid = 'pg_policy'::regclass AND oid = d.objid
    UNION ALL
    SELECT 'trigger', tgname::text FROM pg_trigger
    WHERE d.classid = 'pg_trigger'::regclass AND oid = d.objid AND NOT tgisinternal
    UNION ALL
    SELECT 'statistics', stxname::text FROM pg_statistic_ext
    WHERE d.classid = 'pg_statistic_ext'::regclass AND oid = d.objid
    UNION ALL
    SELECT 'publication', p.pubname::text
    FROM pg_publication_rel pr JOIN pg_publication p ON p.oid = pr.prpubid
    WHERE d.classid = 'pg_publication_rel'::regclass AND pr.oid = d.objid
    UNION ALL
    SELECT 'function', p.oid::regprocedure::text FROM pg_proc p
    WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid
    UNION ALL
    SELECT 'generated column', ga.attname::text
    FROM pg_attrdef ad JOIN pg_attribute ga ON ga.attrelid = ad.adrelid AND ga.attnum = ad.adnum
    WHERE d.classid = 'pg_attrdef'::regclass AND ad.oid = d.objid AND ga.attgenerated <> ''
      AND ga.attnum <> d.refobjsubid
    UNION ALL
    SELECT 'generated column', ga.attname::text
    FROM pg_attribute ga
    WHERE d.classid = 'pg_class'::regclass AND d.objid = d.refobjid AND ga.attrelid = d.objid
      AND ga.attnum = d.objsubid AND ga.attgenerated <> '' AND d.objsubid <> d.refobjsubid
) AS k ON true
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (%(oids)s) AND d.refobjsubid > 0
GROUP BY d.refobjid, a.attname, a.attnum, k.kind, k.name
ORDER BY d.refobjid, a.attnum, k.kind, k.name;

-- name: publication_columns
-- From 15 a publication may name columns; the list is no dependency of each column in every version, so ask for it.
SELECT pr.prrelid::bigint AS oid, a.attname AS column, p.pubname AS name
FROM pg_publication_rel pr
JOIN pg_publication p ON p.oid = pr.prpubid
JOIN pg_attribute a ON a.attrelid = pr.prrelid AND a.attnum = ANY (pr.prattrs)
WHERE pr.prrelid = ANY (%(oids)s)
ORDER BY pr.prrelid, a.attnum, p.pubname;

-- name: text_searches
-- Columns that the server's own text search triggers are given by name. No dependency tells; and on UPDATE these
-- triggers look at what the statement names, so that they miss what another trigger writes.
SELECT t.tgrelid::bigint AS oid, a.attname AS column, t.tgname AS name
FROM pg_trigger t
JOIN pg_proc p ON p.oid = t.tgfoid AND p.pronamespace = 'pg_catalog'::regnamespace
JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum > 0 AND NOT a.attisdropped
WHERE t.tgrelid = ANY (%(oids)s) AND p.proname LIKE 'tsvector\_update\_trigger%%'
  AND a.attname::text = ANY ((string_to_array(encode(t.tgargs, 'escape'), '\000'))[3:])
ORDER BY t.tgrelid, a.attnum, t.tgname;

-- name: types
-- Domains, enums, composite and range types of the user: what a column of theirs costs depends on rules and labels.
SELECT n.nspname AS schema, t.typname AS name, t.typtype = 'd' AS is_domain,
       format_type(t.typbasetype, t.typtypmod) AS base, t.typnotnull AS is_not_null,
       ARRAY(SELECT conname::text FROM pg_constraint WHERE contypid = t.oid AND contype = 'c' ORDER BY conname) AS checks,
       ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder) AS labels
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('d', 'e', 'r') OR c.relkind = 'c') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'migrator')
ORDER BY n.nspname, t.typname;

-- name: views
-- What each view reads: dropping a table with CASCADE locks the views over it, and the views over those.
SELECT DISTINCT vn.nspname AS schema, v.relname AS name, v.relkind = 'm' AS is_materialized,
       rn.nspname AS read_schema, r.relname AS read_name
FROM pg_class v
JOIN pg_namespace vn ON vn.oid = v.relnamespace
JOIN pg_rewrite w ON w.ev_class = v.oid
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_class r ON r.oid = d.refobjid AND r.oid <> v.oid
JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE v.relkind IN ('v', 'm') AND vn.nspname !~ '^pg_' AND vn.nspname NOT IN ('information_schema', 'migrator')
ORDER BY 1, 2, 4, 5;

-- name: view_texts
-- Each view over these tables, and over those views: its query; the statements that give it everything else when it is
-- made anew; its own triggers and rules; what hangs on it and is no view; and all of that as digests, by which a
-- change that somebody makes later is seen (recipes/view_states.py asks the same).
WITH RECURSIVE above AS (
    SELECT w.ev_class AS oid FROM pg_rewrite w JOIN pg_depend d ON d.objid = w.oid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (%(oids)s)
    UNION
    SELECT w.ev_class FROM above JOIN pg_depend d ON d.refobjid = above.oid JOIN pg_rewrite w ON w.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
), shown AS (
    SELECT v.oid, v.reltype, v.relowner, v.reloptions, vn.nspname AS schema, v.relname AS name,
           format('%%I.%%I', vn.nspname, v.relname) AS title,
           coalesce(v.relacl, acldefault('r', v.relowner)) AS acl,
           coalesce(v.relacl @> acldefault('r', v.relowner), true) AS is_owners
    FROM pg_class v JOIN pg_namespace vn ON vn.oid = v.relnamespace
    WHERE v.relkind = 'v' AND vn.nspname !~ '^pg_' AND vn.nspname NOT IN ('information_schema', 'migrator')
      AND v.oid IN (SELECT oid FROM above)
)
SELECT v.schema, v.name, pg_get_viewdef(v.oid) AS query, coalesce(v.reloptions, '{}') AS options,
       ARRAY(SELECT 'trigger ' || t.tgname FROM pg_trigger t WHERE t.tgrelid = v.oid AND NOT t.tgisinternal
             UNION ALL
             SELECT 'rule ' || w.rulename FROM pg_rewrite w WHERE w.ev_class = v.oid AND w.rulename <> '_RETURN'
             ORDER BY 1) AS own,
       ARRAY(SELECT s.text FROM (
             SELECT 1 AS part, 0 AS number, format('ALTER VIEW %%s OWNER TO %%I', v.title, pg_get_userbyid(v.relowner)) AS text
             UNION ALL
             SELECT DISTINCT 2, 0, format('REVOKE ALL ON %%s FROM %%s', v.title,
                    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
             FROM pg_default_acl d, aclexplode(d.defaclacl) a
             WHERE d.defaclobjtype = 'r' AND a.grantee <> d.defaclrole AND a.grantee <> v.relowner
             UNION ALL
             SELECT 2, 0, format('REVOKE ALL ON %%s FROM %%I', v.title, pg_get_userbyid(v.relowner))
             WHERE NOT v.is_owners
             UNION ALL
             SELECT 3, 0, format('GRANT %%s ON %%s TO %%s%%s', a.privilege_type, v.title,
                    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
                    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
             FROM aclexplode(v.acl) a WHERE a.grantee <> v.relowner OR NOT v.is_owners
             UNION ALL
             SELECT 4, c.attnum, format('GRANT %%s (%%I) ON %%s TO %%s%%s', a.privilege_type, c.attname, v.title,
                    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
                    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
             FROM pg_attribute c, aclexplode(c.attacl) a WHERE c.attrelid = v.oid
             UNION ALL
             SELECT 5, 0, format('COMMENT ON VIEW %%s IS %%L', v.title, d.description)
             FROM pg_description d WHERE d.objoid = v.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
             UNION ALL
             SELECT 6, c.attnum, format('COMMENT ON COLUMN %%s.%%I IS %%L', v.title, c.attname, d.description)
             FROM pg_attribute c JOIN pg_description d ON d.objoid = c.attrelid AND d.objsubid = c.attnum
             WHERE c.attrelid = v.oid AND d.classoid = 'pg_class'::regclass AND c.attnum > 0
             UNION ALL
             SELECT 7, c.attnum, format('ALTER VIEW %%s ALTER COLUMN %%I SET DEFAULT %%s', v.title, c.attname,
                                        pg_get_expr(d.adbin, d.adrelid))
             FROM pg_attrdef d JOIN pg_attribute c ON c.attrelid = d.adrelid AND c.attnum = d.adnum
             WHERE d.adrelid = v.oid
             UNION ALL
             SELECT 8, 0, pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE t.tgrelid = v.oid AND NOT t.tgisinternal
             UNION ALL
             SELECT 9, 0, format('COMMENT ON TRIGGER %%I ON %%s IS %%L', t.tgname, v.title, d.description)
             FROM pg_trigger t JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_trigger'::regclass
             WHERE t.tgrelid = v.oid) AS s ORDER BY s.part, s.number, s.text) AS dress,
       ARRAY(SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)
             FROM pg_depend d
             LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
             LEFT JOIN pg_class r ON r.oid = w.ev_class
             WHERE ((d.refclassid = 'pg_class'::regclass AND d.refobjid = v.oid)
                    OR (d.refclassid = 'pg_type'::regclass
                        AND d.refobjid IN (SELECT unnest(ARRAY[t.oid, t.typarray]) FROM pg_type t WHERE t.oid = v.reltype)))
               AND NOT (d.classid = 'pg_rewrite'::regclass AND (r.oid = v.oid OR r.relkind IN ('v', 'm')))
               AND d.classid <> 'pg_attrdef'::regclass AND d.classid <> 'pg_type'::regclass
               AND NOT (d.classid = 'pg_trigger'::regclass AND d.objid IN (SELECT oid FROM pg_trigger WHERE tgrelid = v.oid))
             UNION ALL
             SELECT pg_describe_object(d.refclassid, d.refobjid, 0) FROM pg_depend d
             WHERE d.classid = 'pg_class'::regclass AND d.objid = v.oid AND d.deptype = 'e'
             UNION ALL
             SELECT 'a security label' FROM pg_seclabel l WHERE l.objoid = v.oid AND l.classoid = 'pg_class'::regclass
             ORDER BY 1) AS held,
       ARRAY(SELECT s.aspect || ' ' || md5(coalesce(s.text, '')) FROM (VALUES
             ('query', pg_get_viewdef(v.oid)),
             ('options', v.reloptions::text),
             ('owner', pg_get_userbyid(v.relowner)::text),
             ('rights', (SELECT string_agg(i::text, ' ' ORDER BY i::text) FROM unnest(v.acl) i)),
             ('rights on columns', (SELECT string_agg(c.attname || ' ' || c.attacl::text, ' ' ORDER BY c.attnum)
                                    FROM pg_attribute c WHERE c.attrelid = v.oid)),
             ('comments', (SELECT string_agg(d.objsubid || ' ' || d.description, ' ' ORDER BY d.objsubid)
                           FROM pg_description d
                           WHERE d.objoid = v.oid AND d.classoid = 'pg_class'::regclass)),
             ('defaults', (SELECT string_agg(d.adnum || ' ' || pg_get_expr(d.adbin, d.adrelid), ' ' ORDER BY d.adnum)
                           FROM pg_attrdef d WHERE d.adrelid = v.oid)),
             ('triggers', (SELECT string_agg(pg_get_triggerdef(t.oid), ' ' ORDER BY t.tgname)
                           FROM pg_trigger t WHERE t.tgrelid = v.oid AND NOT t.tgisinternal)),
             ('rules', (SELECT string_agg(pg_get_ruledef(w.oid), ' ' ORDER BY w.rulename)
                        FROM pg_rewrite w WHERE w.ev_class = v.oid AND w.rulename <> '_RETURN'))
       ) AS s (aspect, text)) AS states
FROM shown v
ORDER BY 1, 2;

-- name: functions
-- Whether a default that calls a function of the user is evaluated once per row; of several with one name, any.
-- An extension's own variants of the server's functions (citext has lower, split_part and others) are for its types.
SELECT n.nspname AS schema, p.proname AS name, bool_or(p.provolatile = 'v') AS is_volatile, min(l.lanname) AS language
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'migrator') AND NOT (
    EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    AND EXISTS (SELECT FROM pg_proc s WHERE s.proname = p.proname AND s.pronamespace = 'pg_catalog'::regnamespace))
GROUP BY n.nspname, p.proname
ORDER BY n.nspname, p.proname;
