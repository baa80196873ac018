-- Defaults that are stored once cost nothing.
ALTER TABLE t ADD COLUMN a timestamptz NOT NULL DEFAULT now();
ALTER TABLE t ADD COLUMN a2 date DEFAULT CURRENT_DATE, ADD COLUMN a3 text DEFAULT md5('x');
ALTER TABLE t ADD COLUMN a4 jsonb NOT NULL DEFAULT jsonb_build_object();
-- expect: add-column-constrained-domain
ALTER TABLE t ADD COLUMN a5 app.mood;
ALTER TABLE t ADD COLUMN a6 citext;
-- expect: add-column-volatile-default
ALTER TABLE t ADD COLUMN b double precision DEFAULT random();
-- expect: add-column-serial
ALTER TABLE t ADD COLUMN c bigserial NOT NULL;
-- expect: add-column-identity
ALTER TABLE t ADD COLUMN d int GENERATED ALWAYS AS IDENTITY;
-- expect: add-column-generated-stored
ALTER TABLE t ADD COLUMN e int GENERATED ALWAYS AS (a + 1) STORED;
-- Since 18.
-- expect: fails-on-server
ALTER TABLE t ADD COLUMN f int GENERATED ALWAYS AS (a + 1) VIRTUAL;
-- expect: add-column-volatile-default
ALTER TABLE t ADD COLUMN g int DEFAULT app.next_number();
-- expect: add-column-volatile-default
ALTER TABLE t ADD COLUMN h int, ADD COLUMN i uuid DEFAULT gen_random_uuid();
-- expect: add-column-not-null-no-default
ALTER TABLE t ADD COLUMN j int NOT NULL;
-- expect: add-column-primary-key, add-column-not-null-no-default
ALTER TABLE t ADD COLUMN k int PRIMARY KEY;
-- expect: add-column-unique
ALTER TABLE t ADD COLUMN l int UNIQUE;
-- expect: add-column-check
ALTER TABLE t ADD COLUMN m int CHECK (m > 0);
ALTER TABLE t ADD COLUMN n int REFERENCES p;
-- expect: add-column-foreign-key
ALTER TABLE t ADD COLUMN o int DEFAULT 1 REFERENCES p;
-- expect: drop-column
ALTER TABLE t DROP COLUMN old;
-- expect: drop-column, drop-cascade
ALTER TABLE t DROP COLUMN IF EXISTS old CASCADE;
-- expect: change-column-type
ALTER TABLE t ALTER COLUMN x TYPE bigint;
-- expect: change-column-type
ALTER TABLE t ALTER COLUMN x TYPE text USING lower(x);
-- expect: rename-column
ALTER TABLE t RENAME x TO y;
-- expect: rename-column
ALTER VIEW v RENAME COLUMN x TO y;
ALTER TABLE t RENAME CONSTRAINT x TO y;
ALTER TABLE t ALTER COLUMN a DROP NOT NULL, ALTER COLUMN b SET DEFAULT 5, ALTER COLUMN c DROP DEFAULT;
