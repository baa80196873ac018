-- Abort: placed is timestamp without time zone again.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; nothing is rewritten or scanned.
-- Old and new code both work.

BEGIN;
SET LOCAL TimeZone = 'UTC';
ALTER TABLE public.orders ALTER COLUMN placed TYPE timestamp without time zone;
COMMIT;

ANALYZE public.orders (placed);
