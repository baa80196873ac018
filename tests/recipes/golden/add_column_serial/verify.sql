-- Verify: a row that the backfill did not fill. There must be none.
-- Reads the table once.

SELECT *
FROM app.events
WHERE number IS NULL
LIMIT 1;
