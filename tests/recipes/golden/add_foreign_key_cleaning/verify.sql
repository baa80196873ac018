-- Verify, before migrate and after it: rows that refer to nothing in public.users.
-- There must be none. Reads both tables once; locks nobody out.

SELECT orders.id, orders.user_id
FROM public.orders
WHERE orders.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.users AS parent WHERE parent.id = orders.user_id)
LIMIT 5;
