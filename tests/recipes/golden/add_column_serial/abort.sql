-- Abort: number goes, with what was written to it; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- Old code never notices. New code that names number fails: take it back first.

ALTER TABLE app.events DROP COLUMN number;
