-- Contract: the view public.users goes. Old code fails from here on; there is no way back but a new view.
-- Locks: ACCESS EXCLUSIVE on the view only.
-- New code, which uses public."People of ours", sees no difference.

DROP VIEW public.users;
