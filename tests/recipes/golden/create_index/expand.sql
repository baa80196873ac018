-- Expand: a unique index on public.users.
-- Locks: SHARE UPDATE EXCLUSIVE; the build reads the table twice and blocks no reader and no writer. It waits for
-- older transactions to end.
-- Both versions of the application see no difference, but a duplicate is refused from the build's second pass on:
-- old code must write none.

CREATE UNIQUE INDEX CONCURRENTLY users_email_id_idx ON public.users USING btree (lower(email), id DESC) INCLUDE (email) WHERE email <> '';

ANALYZE public.users;
