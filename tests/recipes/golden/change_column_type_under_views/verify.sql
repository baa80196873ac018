-- Verify, before contract: a row on which amount and cents fit in neither direction. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, amount, cents
FROM public.payments
WHERE (cents IS DISTINCT FROM CAST(amount AS bigint))
  AND (amount IS DISTINCT FROM CAST(cents AS integer))
LIMIT 1;
