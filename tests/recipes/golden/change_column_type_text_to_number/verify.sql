-- Verify, before contract: a row on which amount and price fit in neither direction. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, amount, price
FROM public.orders
WHERE (price::text IS DISTINCT FROM CAST(CASE WHEN amount ~ '^[0-9]+([.][0-9]+)?$' THEN amount::numeric END AS numeric(12,2))::text)
  AND (amount IS DISTINCT FROM CAST(price::text AS text))
LIMIT 1;
