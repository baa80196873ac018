-- Verify: a row that does not meet the check. There must be none.
-- Reads the table once.

SELECT id, at, place
FROM app.events
WHERE NOT (place > 0)
LIMIT 1;
