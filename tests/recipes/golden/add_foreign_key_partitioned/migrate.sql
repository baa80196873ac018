-- Migrate: the key holds for new rows at once, then old ones are validated.
-- Locks: SHARE ROW EXCLUSIVE on app.events and app.places for milliseconds, once per key: writes wait. The
-- validation takes SHARE UPDATE EXCLUSIVE and ROW SHARE, and blocks nobody.
-- A partitioned table refuses NOT VALID before PostgreSQL 18: each partition gets its own key, and the parent
-- takes over those that are valid and equal, without reading a row.
-- When the validation finds a row that refers to nothing, set it right, then resume.
-- Old and new code: a row that refers to nothing is refused from here on.

ALTER TABLE app.events_2025 ADD CONSTRAINT events_2025_events_place_fkey FOREIGN KEY (place)
    REFERENCES app.places (id) NOT VALID;

ALTER TABLE app.events_2025 VALIDATE CONSTRAINT events_2025_events_place_fkey;

ALTER TABLE app."Events of 2026, a" ADD CONSTRAINT "Events of 2026, a_events_place_fkey" FOREIGN KEY (place)
    REFERENCES app.places (id) NOT VALID;

ALTER TABLE app."Events of 2026, a" VALIDATE CONSTRAINT "Events of 2026, a_events_place_fkey";

ALTER TABLE app.events_2026_b ADD CONSTRAINT events_2026_b_events_place_fkey FOREIGN KEY (place)
    REFERENCES app.places (id) NOT VALID;

ALTER TABLE app.events_2026_b VALIDATE CONSTRAINT events_2026_b_events_place_fkey;

ALTER TABLE app.events ADD CONSTRAINT events_place_fkey FOREIGN KEY (place)
    REFERENCES app.places (id);
