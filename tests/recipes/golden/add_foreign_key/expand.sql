-- Expand: an index on public.orders, without which each DELETE in public.users reads the whole table.
-- Locks: SHARE UPDATE EXCLUSIVE; the build reads the table twice and blocks no reader and no writer. It waits for
-- older transactions to end.
-- Both versions of the application see no difference. From here on every running version must write only user_id
-- that are in public.users, and delete nothing there that is still referred to.

CREATE INDEX CONCURRENTLY orders_user_id_idx ON public.orders USING btree (user_id);
