-- Migrate: app.events gets another name, the soft drop: its rows stay.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- Whatever still uses app.events fails from here on. No running version may use it; when one does, abort gives the
-- name back at once.

-- migrator: allow rename-table: the soft drop takes the name on purpose; abort gives it back
ALTER TABLE app.events RENAME TO migrator_dropped_events;
