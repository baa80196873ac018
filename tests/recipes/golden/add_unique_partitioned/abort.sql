-- Abort: the constraint goes with its index, or the index alone when no constraint had taken it over.
-- Locks: ACCESS EXCLUSIVE on the table (a partitioned one with its partitions) for milliseconds. A step whose
-- object is gone already is skipped.
-- Both versions of the application may write duplicates again. New code that relies on ON CONFLICT fails: take it
-- back first.

ALTER TABLE app.events DROP CONSTRAINT "one per day";

ALTER TABLE app.events_2025 DROP CONSTRAINT "events_2025_one per day";

ALTER TABLE app.events_2026 DROP CONSTRAINT "events_2026_one per day";

ALTER TABLE app."Events of 2026, a" DROP CONSTRAINT "Events of 2026, a_one per day";

ALTER TABLE app.events_2026_b DROP CONSTRAINT "events_2026_b_one per day";

DROP INDEX CONCURRENTLY app."events_2025_one per day";

DROP INDEX CONCURRENTLY app."Events of 2026, a_one per day";

DROP INDEX CONCURRENTLY app."events_2026_b_one per day";
