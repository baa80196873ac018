-- Contract: email goes with its data. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- Everything that DROP COLUMN would take with it silently is dropped by its name first. The space returns only
-- when the table is written again.

DROP VIEW public.long_mails;

DROP VIEW public.mails;

DROP STATISTICS public.email_plan;

ALTER TABLE public.users DROP COLUMN email;
