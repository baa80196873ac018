-- Contract: app.events goes with its rows. Code that uses it fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE for milliseconds in each step: on the table, and for a foreign key also on the table at
-- its other end, one at a time.
-- What depends on the table goes by its name first: DROP TABLE must find nothing more.

ALTER TABLE app.migrator_dropped_events DROP CONSTRAINT at;

DROP TABLE app.events_2026_b;

DROP TABLE app."Events of 2026, a";

DROP TABLE app.events_2026;

DROP TABLE app.events_2025;

DROP TABLE app.migrator_dropped_events;
