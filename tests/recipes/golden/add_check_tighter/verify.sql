-- Verify: a row that does not meet the check. There must be none.
-- Reads the table once.

SELECT id, age
FROM public.users
WHERE NOT (age > 17)
LIMIT 1;
