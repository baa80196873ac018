-- Verify, before contract: a row on which company and company_id differ. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, company, company_id
FROM public.users
WHERE company IS DISTINCT FROM company_id
LIMIT 1;
