-- Migrate, after the backfill: the planner learns about the new column.
-- Locks: none that wait.
-- No code sees a difference.

ANALYZE public.lines;
