-- Contract: public.old goes with its rows. Code that uses it fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE for milliseconds in each step: on the table, and for a foreign key also on the table at
-- its other end, one at a time.
-- What depends on the table goes by its name first: DROP TABLE must find nothing more.

DROP MATERIALIZED VIEW public.counted;

DROP VIEW public.olds;

ALTER TABLE public.lines DROP CONSTRAINT lines_old;

ALTER TABLE public.old DROP CONSTRAINT old_user;

DROP TABLE public.old;
