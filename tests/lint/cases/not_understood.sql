-- expect: opaque-sql
DO $$ BEGIN EXECUTE format('DROP TABLE %I', 't'); END $$;
-- expect: opaque-sql
CALL app.clean_up();
-- expect: opaque-sql
SELECT create_distributed_table('t', 'id');
-- expect: opaque-sql
VACUUM;
-- expect: drop-cascade, drop-function
DROP FUNCTION f() CASCADE;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- expect: syntax-error
ALTER TABLE t ADD COLUM a int;
-- expect: syntax-error
\set x 1
-- expect: drop-table
DROP TABLE still_seen;
-- expect: syntax-error
SELECT 'never closed;
