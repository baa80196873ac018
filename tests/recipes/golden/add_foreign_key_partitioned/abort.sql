-- Abort: the key goes, and the index that was built for it.
-- Locks: ACCESS EXCLUSIVE on app.events and on app.places for milliseconds. The index: ACCESS EXCLUSIVE on the
-- parent and its partitions for milliseconds: the server cannot drop a partitioned index CONCURRENTLY. It takes
-- the attached ones with it; those that are not attached yet follow one by one, and a step whose index is gone
-- already is skipped.
-- A step whose object is gone already is skipped. Values that a backfill wrote stay.
-- Both versions of the application may write rows that refer to nothing again.

ALTER TABLE app.events DROP CONSTRAINT events_place_fkey;

ALTER TABLE app.events_2025 DROP CONSTRAINT events_2025_events_place_fkey;

ALTER TABLE app."Events of 2026, a" DROP CONSTRAINT "Events of 2026, a_events_place_fkey";

ALTER TABLE app.events_2026_b DROP CONSTRAINT events_2026_b_events_place_fkey;

DROP INDEX app.events_place_idx;

DROP INDEX app.events_2026_events_place_idx;

DROP INDEX CONCURRENTLY app.events_2025_events_place_idx;

DROP INDEX CONCURRENTLY app."Events of 2026, a_events_place_idx";

DROP INDEX CONCURRENTLY app.events_2026_b_events_place_idx;
