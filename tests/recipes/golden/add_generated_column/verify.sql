-- Verify: a row on which total is not what it should be.
-- Reads the table once.

SELECT id, total
FROM public.lines
WHERE total::text IS DISTINCT FROM CAST((price * amount) AS numeric(12,2))::text
LIMIT 1;
