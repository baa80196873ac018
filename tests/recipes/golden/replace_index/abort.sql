-- Abort: the new index goes, users_email stays.
-- Locks: SHARE UPDATE EXCLUSIVE; blocks no reader and no writer.
-- Both versions of the application see no difference, except in speed.

DROP INDEX CONCURRENTLY public.users_email_plan_idx;
