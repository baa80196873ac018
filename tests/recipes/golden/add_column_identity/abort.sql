-- Abort: No goes, with what was written to it; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- Old code never notices. New code that names No fails: take it back first.

ALTER TABLE public."Users" DROP COLUMN "No";
