-- Abort, before contract: undoes migrate and expand, last step first, so that the schema is as it was.
-- A step whose object is gone already is skipped: abort must do after any part of expand and migrate.

BEGIN;
ALTER TABLE public.users DROP COLUMN nick;
ALTER TABLE public.users DROP COLUMN old;
COMMIT;
