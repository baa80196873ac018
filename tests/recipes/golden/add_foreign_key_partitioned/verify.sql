-- Verify, before migrate and after it: rows that refer to nothing in app.places.
-- There must be none. Reads both tables once; locks nobody out.

SELECT events.id, events.at, events.place
FROM app.events
WHERE events.place IS NOT NULL AND NOT EXISTS (SELECT FROM app.places AS parent WHERE parent.id = events.place)
LIMIT 5;
