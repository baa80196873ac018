-- Verify, before contract: a row on which code and iso_code differ. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, code, iso_code
FROM public.countries
WHERE code::text IS DISTINCT FROM iso_code::text
LIMIT 1;
