-- Verify, before contract: a row on which email and mail differ. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, email, mail
FROM public.users
WHERE email IS DISTINCT FROM mail
LIMIT 1;
