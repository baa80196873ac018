-- Verify, before contract: a row on which size and bytes fit in neither direction. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, at, size, bytes
FROM app.log
WHERE (bytes IS DISTINCT FROM CAST(size AS bigint))
  AND (size IS DISTINCT FROM CAST(bytes AS integer))
LIMIT 1;
