-- Verify, before contract: a row on which full_name, first and last fit in neither direction. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, full_name, first, last
FROM public.people
WHERE (first IS DISTINCT FROM CAST(split_part(full_name, ' ', 1) AS text) OR last IS DISTINCT FROM CAST(NULLIF(substr(full_name, length(split_part(full_name, ' ', 1)) + 2), '') AS text))
  AND (full_name IS DISTINCT FROM CAST(concat_ws(' ', first, last) AS text))
LIMIT 1;
