-- Verify, before contract: a row on which spot and location differ. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, spot, location
FROM public.places
WHERE spot::text IS DISTINCT FROM location::text
LIMIT 1;
