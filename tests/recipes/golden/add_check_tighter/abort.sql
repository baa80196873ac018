-- Abort: the check goes. Values that the backfill wrote stay.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- Both versions of the application may write what it refused.

ALTER TABLE public.users DROP CONSTRAINT grown;
