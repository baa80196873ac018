-- Verify, before contract: a row on which placed and placed_at fit in neither direction. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, placed, placed_at
FROM public.orders
WHERE (placed_at IS DISTINCT FROM CAST(placed AT TIME ZONE 'Europe/Berlin' AS timestamp with time zone))
  AND (placed IS DISTINCT FROM CAST(placed_at AT TIME ZONE 'Europe/Berlin' AS timestamp without time zone))
LIMIT 1;
