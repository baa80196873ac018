-- Abort: the key goes, and the index that was built for it.
-- Locks: ACCESS EXCLUSIVE on "My App"."The Rows" and on "My App"."The Keys" for milliseconds. The index: SHARE
-- UPDATE EXCLUSIVE; blocks no reader and no writer.
-- A step whose object is gone already is skipped. Values that a backfill wrote stay.
-- Both versions of the application may write rows that refer to nothing again.

ALTER TABLE "My App"."The Rows" DROP CONSTRAINT "The Rows_A_b_fkey";

DROP INDEX CONCURRENTLY "My App"."The Rows_A_b_idx";
