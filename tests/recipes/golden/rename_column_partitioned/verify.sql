-- Verify, before contract: a row on which kind and type differ. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, at, kind, type
FROM public.events
WHERE kind IS DISTINCT FROM type
LIMIT 1;
