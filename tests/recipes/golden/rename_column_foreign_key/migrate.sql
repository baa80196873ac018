-- Migrate, after the backfill: company_id gets the indexes and constraints of company.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (company_id) only after this phase.

CREATE INDEX CONCURRENTLY users_company_id_idx ON public.users USING btree (company_id);

CREATE UNIQUE INDEX CONCURRENTLY same_company_id ON public.users USING btree (company_id, boss);

ALTER TABLE public.users ADD CONSTRAINT same_company_id UNIQUE USING INDEX same_company_id DEFERRABLE;

ALTER TABLE public.users ADD CONSTRAINT users_company_id_fkey FOREIGN KEY (company_id) REFERENCES public.companies (id) ON DELETE SET NULL NOT VALID;

ALTER TABLE public.users VALIDATE CONSTRAINT users_company_id_fkey;

ANALYZE public.users;
