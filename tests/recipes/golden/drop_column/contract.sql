-- Contract: company goes with its data. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- Everything that DROP COLUMN would take with it silently is dropped by its name first. The space returns only
-- when the table is written again.

ALTER TABLE public.users DROP CONSTRAINT users_company_check;

ALTER TABLE public.users DROP CONSTRAINT users_company_fkey;

ALTER TABLE public.users DROP CONSTRAINT users_company_key;

DROP INDEX CONCURRENTLY public.together;

DROP INDEX CONCURRENTLY public.users_company_idx;

ALTER TABLE public.users DROP COLUMN company;
