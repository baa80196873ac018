-- Abort: the check goes. Values that the backfill wrote stay.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- Both versions of the application may write what it refused.

ALTER TABLE app.events DROP CONSTRAINT events_place_check;
