-- Expand: a index on public.users beside users_email.
-- Locks: SHARE UPDATE EXCLUSIVE; the build reads the table twice and blocks no reader and no writer. It waits for
-- older transactions to end.
-- Both versions of the application see no difference, but writes keep two indexes until contract.

CREATE INDEX CONCURRENTLY users_email_plan_idx ON public.users USING btree (email, plan);
