-- Verify, before contract: a row on which number and ticket differ. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, number, ticket
FROM public.tickets
WHERE number IS DISTINCT FROM ticket
LIMIT 1;
