-- name: condition
-- When a row t breaks a constraint; the constraint is there already when a VALIDATE of it fails.
SELECT CASE r.contype
    WHEN 'c' THEN format('NOT (%%s)', pg_get_expr(r.conbin, r.conrelid))
    WHEN 'f' THEN (
        SELECT format('%%s AND NOT EXISTS (SELECT FROM %%s AS r WHERE %%s)',
                      string_agg(format('t.%%I IS NOT NULL', a.attname), ' AND ' ORDER BY k.position),
                      r.confrelid::regclass,
                      string_agg(format('r.%%I = t.%%I', f.attname, a.attname), ' AND ' ORDER BY k.position))
        FROM unnest(r.conkey, r.confkey) WITH ORDINALITY AS k (own, other, position)
        JOIN pg_attribute a ON a.attrelid = r.conrelid AND a.attnum = k.own
        JOIN pg_attribute f ON f.attrelid = r.confrelid AND f.attnum = k.other)
    END AS condition
FROM pg_constraint r
JOIN pg_class c ON c.oid = r.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND r.conname = %(name)s;
