-- Expand: an index on "My App"."The Rows", without which each DELETE in "My App"."The Keys" reads the whole table.
-- Locks: SHARE UPDATE EXCLUSIVE; the build reads the table twice and blocks no reader and no writer. It waits for
-- older transactions to end.
-- Both versions of the application see no difference. From here on every running version must write only A, b that
-- are in "My App"."The Keys", and delete nothing there that is still referred to.

CREATE INDEX CONCURRENTLY "The Rows_A_b_idx" ON "My App"."The Rows" USING btree ("A", b);
