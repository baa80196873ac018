-- Expand: an index on app.events, without which each DELETE in app.places reads the whole table.
-- Locks: ON ONLY takes SHARE on the parent for milliseconds and builds nothing; each partition is built under
-- SHARE UPDATE EXCLUSIVE, which blocks no reader and no writer; attaching takes ACCESS EXCLUSIVE on the
-- partition's index for milliseconds. A partition that is made meanwhile gets the index by itself.
-- Both versions of the application see no difference. From here on every running version must write only place
-- that are in app.places, and delete nothing there that is still referred to.

CREATE INDEX events_place_idx ON ONLY app.events USING btree (place);

CREATE INDEX CONCURRENTLY events_2025_events_place_idx ON app.events_2025 USING btree (place);

ALTER INDEX app.events_place_idx ATTACH PARTITION app.events_2025_events_place_idx;

CREATE INDEX events_2026_events_place_idx ON ONLY app.events_2026 USING btree (place);

CREATE INDEX CONCURRENTLY "Events of 2026, a_events_place_idx" ON app."Events of 2026, a" USING btree (place);

ALTER INDEX app.events_2026_events_place_idx ATTACH PARTITION app."Events of 2026, a_events_place_idx";

CREATE INDEX CONCURRENTLY events_2026_b_events_place_idx ON app.events_2026_b USING btree (place);

ALTER INDEX app.events_2026_events_place_idx ATTACH PARTITION app.events_2026_b_events_place_idx;

ALTER INDEX app.events_place_idx ATTACH PARTITION app.events_2026_events_place_idx;
