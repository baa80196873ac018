-- Expand: rows without company are accepted, so that new code need not write it.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds.
-- Old code goes on as before. New code must not name company.

ALTER TABLE public.users ALTER COLUMN company DROP NOT NULL;
