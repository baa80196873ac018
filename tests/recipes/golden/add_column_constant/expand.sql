-- Expand: public.users gets the column score, for old rows with the default, which is stored once.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds; nothing is rewritten or scanned.
-- Old code never sees a difference, but SELECT * returns one column more; new code may use it at once.

ALTER TABLE public.users ADD COLUMN score integer DEFAULT 7 NOT NULL;
