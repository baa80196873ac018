-- Abort: the key goes, and the index that was built for it.
-- Locks: ACCESS EXCLUSIVE on public.orders and on public.users for milliseconds. The index: SHARE UPDATE
-- EXCLUSIVE; blocks no reader and no writer.
-- A step whose object is gone already is skipped. Values that a backfill wrote stay.
-- Both versions of the application may write rows that refer to nothing again.

ALTER TABLE public.orders DROP CONSTRAINT orders_user_id_fkey;

DROP INDEX CONCURRENTLY public.orders_user_id_idx;
