-- Verify: a row on which email is NULL. There must be none.
-- Reads the table once.

SELECT id, email
FROM public.users
WHERE email IS NULL
LIMIT 1;
