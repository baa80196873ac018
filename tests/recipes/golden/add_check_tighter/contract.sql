-- Contract: the older loose goes; the new check has taken its place.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- Code may write what only the new check accepts from here on; there is no way back.

ALTER TABLE public.users DROP CONSTRAINT loose;
