-- Migrate, after the backfill: the twins get indexes, NOT NULL, constraints and foreign keys.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- The application never sees a difference.

CREATE UNIQUE INDEX CONCURRENTLY users_pkey_id_bigint ON public.users USING btree (id_bigint);

ALTER TABLE public.users ADD CONSTRAINT users_id_bigint_not_null_proof CHECK (id_bigint IS NOT NULL) NOT VALID;

ALTER TABLE public.users VALIDATE CONSTRAINT users_id_bigint_not_null_proof;

BEGIN;
ALTER TABLE public.users ALTER COLUMN id_bigint SET NOT NULL;
ALTER TABLE public.users DROP CONSTRAINT users_id_bigint_not_null_proof;
COMMIT;

CREATE INDEX CONCURRENTLY orders_user_id_bigint_idx ON public.orders USING btree (user_id_bigint) WHERE total > 0;

CREATE UNIQUE INDEX CONCURRENTLY orders_once_user_id_bigint ON public.orders USING btree (user_id_bigint, total);

ALTER TABLE public.orders ADD CONSTRAINT orders_once_user_id_bigint UNIQUE USING INDEX orders_once_user_id_bigint;

ALTER TABLE public.orders ADD CONSTRAINT orders_user_id_bigint_not_null_proof CHECK (user_id_bigint IS NOT NULL) NOT VALID;

ALTER TABLE public.orders VALIDATE CONSTRAINT orders_user_id_bigint_not_null_proof;

BEGIN;
ALTER TABLE public.orders ALTER COLUMN user_id_bigint SET NOT NULL;
ALTER TABLE public.orders DROP CONSTRAINT orders_user_id_bigint_not_null_proof;
COMMIT;

ALTER TABLE public.orders ADD CONSTRAINT orders_user_check_user_id_bigint CHECK (user_id_bigint > 0) NOT VALID;

ALTER TABLE public.orders VALIDATE CONSTRAINT orders_user_check_user_id_bigint;

CREATE UNIQUE INDEX CONCURRENTLY members_pkey_user_id_bigint ON public.members USING btree (user_id_bigint);

ALTER TABLE public.members ADD CONSTRAINT members_user_id_bigint_not_null_proof CHECK (user_id_bigint IS NOT NULL) NOT VALID;

ALTER TABLE public.members VALIDATE CONSTRAINT members_user_id_bigint_not_null_proof;

BEGIN;
ALTER TABLE public.members ALTER COLUMN user_id_bigint SET NOT NULL;
ALTER TABLE public.members DROP CONSTRAINT members_user_id_bigint_not_null_proof;
COMMIT;

ALTER TABLE public.users ADD CONSTRAINT users_boss_bigint_fkey FOREIGN KEY (boss_bigint) REFERENCES public.users (id_bigint) NOT VALID;

ALTER TABLE public.users VALIDATE CONSTRAINT users_boss_bigint_fkey;

ALTER TABLE public.orders ADD CONSTRAINT orders_user_id_bigint_fkey FOREIGN KEY (user_id_bigint) REFERENCES public.users (id_bigint) ON DELETE CASCADE NOT VALID;

ALTER TABLE public.orders VALIDATE CONSTRAINT orders_user_id_bigint_fkey;

ALTER TABLE public.members ADD CONSTRAINT members_user_id_bigint_fkey FOREIGN KEY (user_id_bigint) REFERENCES public.users (id_bigint) NOT VALID;

ALTER TABLE public.members VALIDATE CONSTRAINT members_user_id_bigint_fkey;

ALTER TABLE public.notes ADD CONSTRAINT notes_member_id_bigint_fkey FOREIGN KEY (member_id_bigint) REFERENCES public.members (user_id_bigint) NOT VALID;

ALTER TABLE public.notes VALIDATE CONSTRAINT notes_member_id_bigint_fkey;

ALTER TABLE public.notes ADD CONSTRAINT notes_about_fkey_id_bigint FOREIGN KEY (about) REFERENCES public.users (id_bigint) NOT VALID;

ALTER TABLE public.notes VALIDATE CONSTRAINT notes_about_fkey_id_bigint;

ANALYZE public.users;

ANALYZE public.orders;

ANALYZE public.members;

ANALYZE public.notes;
