-- What a DO block runs is judged as if it stood in the file, at its own line; conditions are taken to hold.
DO $$
DECLARE n int;
BEGIN
    SELECT count(*) INTO n FROM t;
    IF n > 0 THEN
        -- expect: drop-table
        DROP TABLE t;
    END IF;
    -- expect: create-index-non-concurrent, statement-after-access-exclusive
    EXECUTE 'CREATE INDEX i ON u (a)';
END $$;
-- expect: update-without-where
DO LANGUAGE plpgsql 'BEGIN UPDATE t SET a = 1; END';
-- expect: opaque-sql, drop-table
DO $$ BEGIN DROP TABLE w; EXECUTE format('DROP TABLE %I', 'v'); END $$;
-- expect: concurrently-in-transaction
DO $$ BEGIN EXECUTE 'DROP INDEX CONCURRENTLY i'; END $$;
-- What is made in a block is new for the rest of it.
DO $$ BEGIN CREATE TABLE made (a int); CREATE INDEX made_a ON made (a); END $$;

-- Making a function runs nothing; calling it does.
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN DROP TABLE q; END';
CREATE FUNCTION app.g(n int) RETURNS void LANGUAGE sql AS 'UPDATE t SET a = n';
CREATE FUNCTION quiet() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('DROP %I', 'x'); END $$;
-- expect: drop-table
SELECT f();
-- expect: update-without-where
SELECT app.g(1);
-- expect: opaque-sql
SELECT quiet();
-- expect: opaque-sql
SELECT unknown_function();
-- migrator: allow drop-table: nobody uses it since release 3
DO $$ BEGIN DROP TABLE allowed; END $$;
