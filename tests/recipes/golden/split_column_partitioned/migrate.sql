-- Migrate, after the backfill: the statistics of given and family are gathered.
-- Locks: SHARE UPDATE EXCLUSIVE; blocks no reader and no writer.
-- Old and new code both work.

ANALYZE app.log;
