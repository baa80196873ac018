-- Verify, before contract: a row on which first, last and full_name fit in neither direction. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, first, last, full_name
FROM public.people
WHERE (full_name IS DISTINCT FROM CAST(concat_ws(' ', first, last) AS text))
  AND (first IS DISTINCT FROM CAST(split_part(full_name, ' ', 1) AS character varying(50)) OR last IS DISTINCT FROM CAST(substr(full_name, length(split_part(full_name, ' ', 1)) + 2) AS character varying(50)))
LIMIT 1;
