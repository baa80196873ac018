-- Contract: the view public.users goes. Old code fails from here on; there is no way back but a new view.
-- Locks: ACCESS EXCLUSIVE on the view only, then for milliseconds SHARE UPDATE EXCLUSIVE on each index, ACCESS
-- EXCLUSIVE on the table for a constraint and on each sequence.
-- New code, which uses public.people, sees no difference, unless it names an index, constraint or sequence.

DROP VIEW public.users;

ALTER INDEX public.users_email_key RENAME TO people_email_key;

ALTER INDEX public.users_pkey RENAME TO people_pkey;

ALTER TABLE public.people RENAME CONSTRAINT users_boss_fkey TO people_boss_fkey;

ALTER TABLE public.people RENAME CONSTRAINT users_email_check TO people_email_check;

ALTER SEQUENCE public.users_id_seq RENAME TO people_id_seq;
