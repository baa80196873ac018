-- Abort, before contract: app.events has its name again.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- Whatever uses the table works again.

ALTER TABLE app.migrator_dropped_events RENAME TO events;
