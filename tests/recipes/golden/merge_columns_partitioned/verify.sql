-- Verify, before contract: a row on which first, last and name fit in neither direction. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, at, first, last, name
FROM app.log
WHERE (name IS DISTINCT FROM CAST(concat_ws(' ', first, last) AS text))
  AND (first IS DISTINCT FROM CAST(split_part(name, ' ', 1) AS text) OR last IS DISTINCT FROM CAST(substr(name, length(split_part(name, ' ', 1)) + 2) AS text))
LIMIT 1;
