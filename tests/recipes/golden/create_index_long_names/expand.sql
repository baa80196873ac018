-- Expand: a index on public.a_table_whose_name_is_as_long_as_the_server_allows_it_to_be____.
-- Locks: SHARE UPDATE EXCLUSIVE; the build reads the table twice and blocks no reader and no writer. It waits for
-- older transactions to end.
-- Both versions of the application see no difference.

CREATE INDEX CONCURRENTLY a_table_whose_name_is_as_long_as_the_server_allows_09dc615e_idx ON public.a_table_whose_name_is_as_long_as_the_server_allows_it_to_be____ USING btree (a_table_whose_name_is_as_long_as_the_server_allows_it_to_be____, id);
