-- Abort, before contract: company is NOT NULL again; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; the validation blocks no reader and no writer.
-- New code that does not write company fails: take it back first. When it left rows without a value, the
-- validation stops here: give them one, then resume.

ALTER TABLE public.users ADD CONSTRAINT users_company_not_null_proof CHECK (company IS NOT NULL) NOT VALID;

ALTER TABLE public.users VALIDATE CONSTRAINT users_company_not_null_proof;

BEGIN;
ALTER TABLE public.users ALTER COLUMN company SET NOT NULL;
ALTER TABLE public.users DROP CONSTRAINT users_company_not_null_proof;
COMMIT;
