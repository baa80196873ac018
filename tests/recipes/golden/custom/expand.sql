-- Expand: what is added. Old and new code both work afterwards, so that nothing here may rename, drop or refuse
-- what old code writes.
-- Each statement is a transaction of its own; BEGIN and COMMIT join several. Names carry their schema. The engine
-- sets lock_timeout and tries again: say what each statement locks.

ALTER TABLE public.users ADD COLUMN nick text, ADD COLUMN old text;
VACUUM public.users;
