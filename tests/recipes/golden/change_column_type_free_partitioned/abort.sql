-- Abort: kind is character varying(10) again.
-- Locks: ACCESS EXCLUSIVE on the table while every row is read or written: the server must make sure that each
-- value is still a character varying(10), and stops when one is not. On a large table prefer to leave text as it
-- is: it harms nobody.
-- Old and new code both work.

-- migrator: allow change-column-type: the way back, see above; leaving the wider type is the other
ALTER TABLE public.events ALTER COLUMN kind TYPE character varying(10);

ANALYZE public.events;
