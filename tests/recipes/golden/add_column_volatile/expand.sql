-- Expand: public.users gets the column token; the default is for new rows only.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds; nothing is rewritten or scanned.
-- Old code never sees a difference, but SELECT * returns one column more.
-- New code must accept NULL until the backfill has given old rows their value.

BEGIN;
ALTER TABLE public.users ADD COLUMN token uuid;
ALTER TABLE public.users ALTER COLUMN token SET DEFAULT gen_random_uuid();
COMMIT;
