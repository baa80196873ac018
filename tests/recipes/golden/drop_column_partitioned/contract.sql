-- Contract: kind goes with its data. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table (a partitioned one with its partitions) for milliseconds in each step
-- (dropping a foreign key also on the table it refers to); the server cannot drop a partitioned table's index
-- CONCURRENTLY.
-- Everything that DROP COLUMN would take with it silently is dropped by its name first. The space returns only
-- when the table is written again.

ALTER TABLE app.events DROP CONSTRAINT events_kind_check;

DROP INDEX app.by_kind;

DROP INDEX CONCURRENTLY app.part_kind;

ALTER TABLE app.events DROP COLUMN kind;
