-- Verify, before contract: a row on which Who, given and family fit in neither direction. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, at, "Who", given, family
FROM app.log
WHERE (given IS DISTINCT FROM CAST(split_part("Who", ' ', 1) AS text) OR family IS DISTINCT FROM CAST(substr("Who", length(split_part("Who", ' ', 1)) + 2) AS text))
  AND ("Who" IS DISTINCT FROM CAST(NULLIF(concat_ws(' ', given, family), '') AS text))
LIMIT 1;
