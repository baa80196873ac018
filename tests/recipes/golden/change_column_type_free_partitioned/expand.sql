-- Expand: kind becomes text in place. The stored bytes stay as they are.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; nothing is rewritten or scanned. Then ANALYZE, because
-- the server throws away the column's statistics and would plan without them.
-- Old and new code both work: every character varying(10) is a text.
-- A prepared statement that returns the column fails with `cached plan must not change result type` until it is
-- prepared again: after the rollback of a transaction, or after DEALLOCATE ALL.

ALTER TABLE public.events ALTER COLUMN kind TYPE text;

ANALYZE public.events;
