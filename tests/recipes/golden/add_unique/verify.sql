-- Verify, before migrate and after it: values of email, plan that more than one row has.
-- There must be none. Reads the table once; locks nobody out.

SELECT email, plan, count(*) AS rows
FROM public.users
WHERE email IS NOT NULL AND plan IS NOT NULL
GROUP BY email, plan
HAVING count(*) > 1
LIMIT 5;
