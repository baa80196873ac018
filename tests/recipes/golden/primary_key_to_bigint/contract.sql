-- Contract: the twins take the place of public.users.id, public.users.boss, public.orders.user_id,
-- public.members.user_id, public.notes.member_id. There is no way back: from here on keys may grow beyond
-- 2147483647.
-- Locks: ACCESS EXCLUSIVE on one table at a time for some milliseconds (dropping a foreign key: on both its
-- tables); nothing is rewritten or scanned.
-- Referencing tables go first, so that no key is ever made that they cannot hold. Between two swaps both sides
-- hold the same small numbers, and the new foreign keys hold.
-- Every version of the application must read the columns as 64-bit numbers, and name its columns in INSERT and
-- COPY: they are now the last ones of their tables.
-- A prepared statement that returns one of them fails with `cached plan must not change result type` until it is
-- prepared again: after the rollback of a transaction, or after DEALLOCATE ALL. Deploy with prepared statements
-- off, restart the application after this, or let it try again.

ALTER TABLE public.users DROP CONSTRAINT users_boss_fkey;

ALTER TABLE public.orders DROP CONSTRAINT orders_user_id_fkey;

ALTER TABLE public.members DROP CONSTRAINT members_user_id_fkey;

ALTER TABLE public.notes DROP CONSTRAINT notes_member_id_fkey;

ALTER TABLE public.notes DROP CONSTRAINT notes_about_fkey;

ALTER SEQUENCE public.users_id_seq AS bigint;

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_notes_i ON public.notes;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_notes_u ON public.notes;
ALTER TABLE public.notes
    DROP COLUMN member_id;
ALTER TABLE public.notes RENAME COLUMN member_id_bigint TO member_id;
ALTER TABLE public.notes RENAME CONSTRAINT notes_member_id_bigint_fkey TO notes_member_id_fkey;
ALTER TABLE public.notes RENAME CONSTRAINT notes_about_fkey_id_bigint TO notes_about_fkey;
DROP FUNCTION migrator.sync_20260901_users_key_to_bigint_notes();
COMMIT;

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_members_i ON public.members;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_members_u ON public.members;
ALTER TABLE public.members
    DROP CONSTRAINT members_pkey,
    DROP COLUMN user_id;
ALTER TABLE public.members RENAME COLUMN user_id_bigint TO user_id;
ALTER TABLE public.members ADD CONSTRAINT members_pkey PRIMARY KEY USING INDEX members_pkey_user_id_bigint;
ALTER TABLE public.members RENAME CONSTRAINT members_user_id_bigint_fkey TO members_user_id_fkey;
DROP FUNCTION migrator.sync_20260901_users_key_to_bigint_members();
COMMIT;

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_orders_i ON public.orders;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_orders_u ON public.orders;
ALTER TABLE public.orders ALTER COLUMN user_id_bigint SET DEFAULT 1;
-- migrator: allow drop-index-non-concurrent: this transaction holds the table's lock already
DROP INDEX public.orders_user_id_idx;
ALTER TABLE public.orders
    DROP CONSTRAINT orders_once,
    DROP CONSTRAINT orders_user_check,
    DROP COLUMN user_id;
ALTER TABLE public.orders RENAME COLUMN user_id_bigint TO user_id;
ALTER INDEX public.orders_user_id_bigint_idx RENAME TO orders_user_id_idx;
ALTER TABLE public.orders RENAME CONSTRAINT orders_once_user_id_bigint TO orders_once;
ALTER TABLE public.orders RENAME CONSTRAINT orders_user_check_user_id_bigint TO orders_user_check;
ALTER TABLE public.orders RENAME CONSTRAINT orders_user_id_bigint_fkey TO orders_user_id_fkey;
DROP FUNCTION migrator.sync_20260901_users_key_to_bigint_orders();
COMMIT;

BEGIN;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_users_i ON public.users;
DROP TRIGGER zz_migrator_20260901_users_key_to_bigint_users_u ON public.users;
ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id_bigint;
ALTER TABLE public.users ALTER COLUMN id_bigint SET DEFAULT nextval('public.users_id_seq'::regclass);
ALTER TABLE public.users
    DROP CONSTRAINT users_pkey,
    DROP COLUMN id,
    DROP COLUMN boss;
ALTER TABLE public.users RENAME COLUMN id_bigint TO id;
ALTER TABLE public.users RENAME COLUMN boss_bigint TO boss;
ALTER TABLE public.users ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_pkey_id_bigint;
ALTER TABLE public.users RENAME CONSTRAINT users_boss_bigint_fkey TO users_boss_fkey;
DROP FUNCTION migrator.sync_20260901_users_key_to_bigint_users();
COMMIT;

ANALYZE public.users;

ANALYZE public.orders;

ANALYZE public.members;

ANALYZE public.notes;
