-- Migrate, after the backfill: the statistics of first and last are gathered.
-- Locks: SHARE UPDATE EXCLUSIVE; blocks no reader and no writer.
-- Old and new code both work.

ANALYZE public.people;
