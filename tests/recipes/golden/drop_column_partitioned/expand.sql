-- Expand: rows without kind are accepted, so that new code need not write it.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- Old code goes on as before. New code must not name kind.

ALTER TABLE app.events ALTER COLUMN kind DROP NOT NULL;
