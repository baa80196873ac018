-- Migrate, after the backfill: bytes gets the indexes and constraints of size.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (bytes) only after this phase.

CREATE INDEX log_bytes_idx ON ONLY app.log USING btree (bytes, at) WHERE bytes > 5;

CREATE INDEX CONCURRENTLY log_2025_log_bytes_idx ON app.log_2025 USING btree (bytes, at) WHERE bytes > 5;

ALTER INDEX app.log_bytes_idx ATTACH PARTITION app.log_2025_log_bytes_idx;

CREATE INDEX log_later_log_bytes_idx ON ONLY app.log_later USING btree (bytes, at) WHERE bytes > 5;

CREATE INDEX CONCURRENTLY "Log, later_log_bytes_idx" ON app."Log, later" USING btree (bytes, at) WHERE bytes > 5;

ALTER INDEX app.log_later_log_bytes_idx ATTACH PARTITION app."Log, later_log_bytes_idx";

ALTER INDEX app.log_bytes_idx ATTACH PARTITION app.log_later_log_bytes_idx;

ALTER TABLE app.log ADD CONSTRAINT log_bytes_not_null_proof CHECK (bytes IS NOT NULL) NOT VALID;

ALTER TABLE app.log VALIDATE CONSTRAINT log_bytes_not_null_proof;

BEGIN;
ALTER TABLE app.log ALTER COLUMN bytes SET NOT NULL;
ALTER TABLE app.log DROP CONSTRAINT log_bytes_not_null_proof;
COMMIT;

ALTER TABLE app.log ADD CONSTRAINT log_bytes_check CHECK (bytes > 0) NOT VALID;

ALTER TABLE app.log VALIDATE CONSTRAINT log_bytes_check;

ANALYZE app.log;
