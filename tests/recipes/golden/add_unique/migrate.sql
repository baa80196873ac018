-- Migrate: email, plan of public.users becomes unique; the constraint takes over a finished index.
-- Locks: SHARE UPDATE EXCLUSIVE; the build reads the table twice and blocks no reader and no writer. It waits for
-- older transactions to end.
-- Taking it over needs ACCESS EXCLUSIVE on the table for milliseconds.
-- Old and new code: a write of a duplicate fails from the build's second pass on. When there is a duplicate
-- already the build fails, and its index is dropped: remove the duplicate, then resume.

CREATE UNIQUE INDEX CONCURRENTLY users_email_plan_key ON public.users USING btree (email, plan);

ALTER TABLE public.users ADD CONSTRAINT users_email_plan_key UNIQUE USING INDEX users_email_plan_key DEFERRABLE;
