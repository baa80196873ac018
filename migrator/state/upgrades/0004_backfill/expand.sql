-- Where a backfill is inside the window of keys after its checkpoint: {"upto", "stripes", "stripe", "at"}; NULL between
-- windows. `part` is the partition that is walked, NULL for a table without partitions.
ALTER TABLE migrator.backfill ADD COLUMN part text, ADD COLUMN key_window jsonb;
