-- name: tables
-- The columns (or whole tables) with their owner and what was granted on the table and on each column.
SELECT c.oid::bigint AS relid, n.nspname AS schema, c.relname AS name, pg_get_userbyid(c.relowner) AS owner
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY (%(relids)s::oid[]) ORDER BY 1;

-- name: granted
-- Every grant on the tables and their columns other than the owner's own; `attname` NULL is the whole table. PUBLIC
-- is NULL. Privileges on a table that concern its columns, and those on columns.
SELECT c.oid::bigint AS relid, NULL AS attname, CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END AS grantee,
       pg_get_userbyid(a.grantor) AS grantor, a.privilege_type AS privilege, a.is_grantable,
       a.grantor <> c.relowner AS is_others
FROM pg_class c, aclexplode(c.relacl) a
WHERE c.oid = ANY (%(relids)s::oid[]) AND a.grantee <> c.relowner
  AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
UNION ALL
SELECT c.oid::bigint, t.attname, CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END,
       pg_get_userbyid(a.grantor), a.privilege_type, a.is_grantable, a.grantor <> c.relowner
FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped, aclexplode(t.attacl) a
WHERE c.oid = ANY (%(relids)s::oid[]) AND a.grantee <> c.relowner
ORDER BY 1, 2, 3, 5;

-- name: columns
-- The columns that stay, in their order.
SELECT a.attname AS name FROM pg_attribute a
WHERE a.attrelid = %(relid)s::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum;

-- name: able
-- Roles that can use a column all the same, and why; roles that nobody can be are left out.
SELECT r.rolname AS role,
       CASE WHEN r.rolsuper THEN 'is a superuser' WHEN pg_has_role(r.oid, c.relowner, 'usage') THEN 'owns the table'
            WHEN g.rolname IS NOT NULL THEN 'has ' || g.rolname
            ELSE 'has it by another grant' END AS why
FROM pg_class c CROSS JOIN pg_roles r
LEFT JOIN LATERAL (
    SELECT a.rolname FROM pg_roles a
    WHERE a.rolname IN ('pg_read_all_data', 'pg_write_all_data') AND pg_has_role(r.oid, a.oid, 'usage')
    ORDER BY 1 LIMIT 1
) g ON true
WHERE c.oid = %(relid)s::oid AND r.rolcanlogin
  AND (%(role)s::text IS NULL OR r.rolname = %(role)s)
  AND (has_column_privilege(r.oid, c.oid, %(column)s::text, 'SELECT')
       OR has_column_privilege(r.oid, c.oid, %(column)s::text, 'INSERT')
       OR has_column_privilege(r.oid, c.oid, %(column)s::text, 'UPDATE'))
ORDER BY 1;

-- name: last_queries
-- What each other client did last; a refused statement stays here until the session's next.
SELECT pid, usename AS role, application_name AS application, query AS text, query_start
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND query_start > %(since)s AND query <> '';

-- name: sees_all
-- Whether the last statements of other roles are shown to us at all.
SELECT pg_has_role(current_user, 'pg_read_all_stats', 'usage') AND current_setting('track_activities')::boolean AS sees;
