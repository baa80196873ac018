-- Expand: placed becomes timestamp with time zone in place. The stored bytes stay as they are.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; nothing is rewritten or scanned. Then ANALYZE, because
-- the server throws away the column's statistics and would plan without them.
-- Old and new code both work: every timestamp without time zone is a timestamp with time zone.
-- A prepared statement that returns the column fails with `cached plan must not change result type` until it is
-- prepared again: after the rollback of a transaction, or after DEALLOCATE ALL.

BEGIN;
SET LOCAL TimeZone = 'UTC';
ALTER TABLE public.orders ALTER COLUMN placed TYPE timestamp with time zone;
COMMIT;

ANALYZE public.orders (placed);
