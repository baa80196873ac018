-- Verify, before contract: a row on which quantity and amount_ordered fit in neither direction. There must be
-- none.
-- Reads the table once; locks nobody out.

SELECT id, quantity, amount_ordered
FROM public.orders
WHERE (amount_ordered IS DISTINCT FROM CAST(quantity AS bigint))
  AND (quantity IS DISTINCT FROM CAST(amount_ordered AS integer))
LIMIT 1;
