-- Abort, before contract: the view goes, and public.people is public.users again.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; nothing is rewritten or scanned.
-- Old code never notices. New code that names public.people fails: take it back first.

BEGIN;
DROP VIEW public.users;
ALTER TABLE public.people RENAME TO users;
COMMIT;
