-- Contract: by_kind goes; there is no way back but to build it again.
-- Locks: ACCESS EXCLUSIVE on the parent and its partitions for milliseconds: the server cannot drop a partitioned
-- index CONCURRENTLY. It takes the attached ones with it; those that are not attached yet follow one by one, and a
-- step whose index is gone already is skipped.
-- Both versions of the application see no difference, except in speed.

DROP INDEX app.by_kind;
