-- Abort, before contract: the view goes, and public."People of ours" is public.users again.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; nothing is rewritten or scanned.
-- Old code never notices. New code that names public."People of ours" fails: take it back first.

BEGIN;
DROP VIEW public.users;
ALTER TABLE public."People of ours" RENAME TO users;
COMMIT;
