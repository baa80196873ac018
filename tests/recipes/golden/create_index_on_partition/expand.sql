-- Expand: a index on app.events_2026.
-- Locks: ON ONLY takes SHARE on the parent for milliseconds and builds nothing; each partition is built under
-- SHARE UPDATE EXCLUSIVE, which blocks no reader and no writer; attaching takes ACCESS EXCLUSIVE on the
-- partition's index for milliseconds. A partition that is made meanwhile gets the index by itself.
-- Both versions of the application see no difference.

CREATE INDEX events_2026_id_idx ON ONLY app.events_2026 USING btree (id);

CREATE INDEX CONCURRENTLY "Events of 2026, a_events_2026_id_idx" ON app."Events of 2026, a" USING btree (id);

ALTER INDEX app.events_2026_id_idx ATTACH PARTITION app."Events of 2026, a_events_2026_id_idx";

CREATE INDEX CONCURRENTLY events_2026_b_events_2026_id_idx ON app.events_2026_b USING btree (id);

ALTER INDEX app.events_2026_id_idx ATTACH PARTITION app.events_2026_b_events_2026_id_idx;
