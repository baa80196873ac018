-- Migrate: place, at, id of app.events becomes unique; the constraint takes over a finished index.
-- Locks: ON ONLY takes SHARE on the parent for milliseconds and builds nothing; each partition is built under
-- SHARE UPDATE EXCLUSIVE, which blocks no reader and no writer; attaching takes ACCESS EXCLUSIVE on the
-- partition's index for milliseconds. A partition that is made meanwhile gets the index by itself.
-- Taking it over needs ACCESS EXCLUSIVE on the table for milliseconds.
-- Old and new code: a write of a duplicate fails from the build's second pass on. When there is a duplicate
-- already the build fails, and its index is dropped: remove the duplicate, then resume.

ALTER TABLE ONLY app.events ADD CONSTRAINT "one per day" UNIQUE (place, at, id);

CREATE UNIQUE INDEX CONCURRENTLY "events_2025_one per day" ON app.events_2025 USING btree (place, at, id);

ALTER TABLE app.events_2025 ADD CONSTRAINT "events_2025_one per day" UNIQUE USING INDEX "events_2025_one per day";

ALTER INDEX app."one per day" ATTACH PARTITION app."events_2025_one per day";

ALTER TABLE ONLY app.events_2026 ADD CONSTRAINT "events_2026_one per day" UNIQUE (place, at, id);

CREATE UNIQUE INDEX CONCURRENTLY "Events of 2026, a_one per day" ON app."Events of 2026, a" USING btree (place, at, id);

ALTER TABLE app."Events of 2026, a" ADD CONSTRAINT "Events of 2026, a_one per day" UNIQUE USING INDEX "Events of 2026, a_one per day";

ALTER INDEX app."events_2026_one per day" ATTACH PARTITION app."Events of 2026, a_one per day";

CREATE UNIQUE INDEX CONCURRENTLY "events_2026_b_one per day" ON app.events_2026_b USING btree (place, at, id);

ALTER TABLE app.events_2026_b ADD CONSTRAINT "events_2026_b_one per day" UNIQUE USING INDEX "events_2026_b_one per day";

ALTER INDEX app."events_2026_one per day" ATTACH PARTITION app."events_2026_b_one per day";

ALTER INDEX app."one per day" ATTACH PARTITION app."events_2026_one per day";
