-- Verify: a row that the backfill did not fill. There must be none.
-- Reads the table once.

SELECT *
FROM public."Users"
WHERE "No" IS NULL
LIMIT 1;
