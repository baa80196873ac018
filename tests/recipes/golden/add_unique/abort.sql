-- Abort: the constraint goes with its index, or the index alone when no constraint had taken it over.
-- Locks: ACCESS EXCLUSIVE on the table (a partitioned one with its partitions) for milliseconds. A step whose
-- object is gone already is skipped.
-- Both versions of the application may write duplicates again. New code that relies on ON CONFLICT fails: take it
-- back first.

ALTER TABLE public.users DROP CONSTRAINT users_email_plan_key;

DROP INDEX CONCURRENTLY public.users_email_plan_key;
