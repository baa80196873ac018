-- Migrate, after the backfill: the statistics of price are gathered.
-- Locks: SHARE UPDATE EXCLUSIVE; blocks no reader and no writer.
-- Old and new code both work.

ANALYZE public.orders;
