-- Abort: the key goes.
-- Locks: ACCESS EXCLUSIVE on public.orders and on public.users for milliseconds.
-- A step whose object is gone already is skipped. Values that a backfill wrote stay.
-- Both versions of the application may write rows that refer to nothing again.

ALTER TABLE public.orders DROP CONSTRAINT belongs;
