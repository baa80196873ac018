-- Verify: a row on which place is NULL. There must be none.
-- Reads the table once.

SELECT id, at, place
FROM app.events
WHERE place IS NULL
LIMIT 1;
