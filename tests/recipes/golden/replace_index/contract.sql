-- Contract: users_email goes; there is no way back but to build it again.
-- Locks: SHARE UPDATE EXCLUSIVE; blocks no reader and no writer.
-- Both versions of the application see no difference, except in speed.

DROP INDEX CONCURRENTLY public.users_email;

ALTER INDEX public.users_email_plan_idx RENAME TO users_email;
