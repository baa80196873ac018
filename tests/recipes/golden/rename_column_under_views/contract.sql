-- Contract: email goes, mail stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without email, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.
-- Before that public.pairs, public.shown are made again over mail, with the same columns: ACCESS EXCLUSIVE on the
-- view alone, for milliseconds; owner, rights and views over it stay. Whoever changes a view before this runs must
-- change it here as well.

CREATE OR REPLACE VIEW public.pairs AS
SELECT u.id, u.mail AS email, o.email AS other FROM public.users u LEFT JOIN LATERAL (SELECT x.mail AS email FROM public.users x WHERE x.id = u.id AND x.mail = u.mail) o ON true;

CREATE OR REPLACE VIEW public.shown WITH (security_barrier) AS
SELECT id, users.mail AS email, name FROM public.users WHERE users.mail <> '' WITH LOCAL CHECK OPTION;

ALTER TABLE public.users
    ALTER COLUMN email DROP NOT NULL;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_users_email_to_mail() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_email_to_mail_i ON public.users;
DROP TRIGGER zz_migrator_20260901_users_email_to_mail_u ON public.users;
ALTER TABLE public.users DROP COLUMN email;
DROP FUNCTION migrator.sync_20260901_users_email_to_mail();
COMMIT;
