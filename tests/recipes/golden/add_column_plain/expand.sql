-- Expand: public.users gets the column nick, empty.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds; nothing is rewritten or scanned.
-- Old code never sees a difference, but SELECT * returns one column more; new code may use it at once.

ALTER TABLE public.users ADD COLUMN nick character varying(20);
