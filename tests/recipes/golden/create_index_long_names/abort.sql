-- Abort: the index goes.
-- Locks: SHARE UPDATE EXCLUSIVE; blocks no reader and no writer.
-- Both versions of the application see no difference, except in speed.

DROP INDEX CONCURRENTLY public.a_table_whose_name_is_as_long_as_the_server_allows_09dc615e_idx;
