-- Abort, before contract: the twins and everything that was made for them go; the tables are as they were.
-- Locks: ACCESS EXCLUSIVE on one table at a time for some milliseconds (dropping a foreign key: on both its
-- tables); nothing is rewritten or scanned. Indexes go without blocking anybody.
-- The application never notices.

ALTER TABLE public.users DROP CONSTRAINT users_boss_bigint_fkey;

ALTER TABLE public.orders DROP CONSTRAINT orders_user_id_bigint_fkey;

ALTER TABLE public.members DROP CONSTRAINT members_user_id_bigint_fkey;

ALTER TABLE public.notes DROP CONSTRAINT notes_member_id_bigint_fkey;

ALTER TABLE public.notes DROP CONSTRAINT notes_about_fkey_id_bigint;

DROP INDEX CONCURRENTLY public.users_pkey_id_bigint;

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_users_i ON public.users;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_users_u ON public.users;
ALTER TABLE public.users DROP COLUMN id_bigint, DROP COLUMN boss_bigint;
DROP FUNCTION migrator.sync_20260901_users_key_to_bigint_users();
COMMIT;

DROP INDEX CONCURRENTLY public.orders_user_id_bigint_idx;

ALTER TABLE public.orders DROP CONSTRAINT orders_once_user_id_bigint;

ALTER TABLE public.orders DROP CONSTRAINT orders_user_check_user_id_bigint;

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_orders_i ON public.orders;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_orders_u ON public.orders;
ALTER TABLE public.orders DROP COLUMN user_id_bigint;
DROP FUNCTION migrator.sync_20260901_users_key_to_bigint_orders();
COMMIT;

DROP INDEX CONCURRENTLY public.members_pkey_user_id_bigint;

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_members_i ON public.members;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_members_u ON public.members;
ALTER TABLE public.members DROP COLUMN user_id_bigint;
DROP FUNCTION migrator.sync_20260901_users_key_to_bigint_members();
COMMIT;

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_notes_i ON public.notes;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_notes_u ON public.notes;
ALTER TABLE public.notes DROP COLUMN member_id_bigint;
DROP FUNCTION migrator.sync_20260901_users_key_to_bigint_notes();
COMMIT;
