-- Abort: the index goes.
-- Locks: ACCESS EXCLUSIVE on the parent and its partitions for milliseconds: the server cannot drop a partitioned
-- index CONCURRENTLY. It takes the attached ones with it; those that are not attached yet follow one by one, and a
-- step whose index is gone already is skipped.
-- Both versions of the application see no difference, except in speed.

DROP INDEX app.events_place_kind_idx;

DROP INDEX app.events_2026_events_place_kind_idx;

DROP INDEX CONCURRENTLY app.events_2025_events_place_kind_idx;

DROP INDEX CONCURRENTLY app."Events of 2026, a_events_place_kind_idx";

DROP INDEX CONCURRENTLY app.events_2026_b_events_place_kind_idx;
