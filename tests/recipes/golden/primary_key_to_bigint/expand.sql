-- Expand: each integer that holds a key of public.users gets a bigint twin, which follows it by trigger:
-- public.users.id_bigint, public.users.boss_bigint, public.orders.user_id_bigint, public.members.user_id_bigint,
-- public.notes.member_id_bigint.
-- Locks: ACCESS EXCLUSIVE on one table at a time for some milliseconds (dropping a foreign key: on both its
-- tables); nothing is rewritten or scanned.
-- Old code never sees a difference, but SELECT * returns more columns. Nobody writes the twins.
-- In the contract each twin takes its column's name, and with it the last place in the table: until then INSERT
-- and COPY must name their columns, because without a list the values would go to other columns.

BEGIN;
ALTER TABLE public.users ADD COLUMN id_bigint bigint;
ALTER TABLE public.users ADD COLUMN boss_bigint bigint;
CREATE FUNCTION migrator.sync_20260901_users_key_to_bigint_users() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_users_key_to_bigint' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.id_bigint := NEW.id;  -- written by the application
        NEW.boss_bigint := NEW.boss;
        RETURN NEW;
    END IF;
    IF OLD.id_bigint IS DISTINCT FROM NEW.id_bigint AND OLD.id IS NOT DISTINCT FROM NEW.id THEN
        NEW.id := NEW.id_bigint;  -- changed by a foreign key
    ELSE
        NEW.id_bigint := NEW.id;
    END IF;
    IF OLD.boss_bigint IS DISTINCT FROM NEW.boss_bigint AND OLD.boss IS NOT DISTINCT FROM NEW.boss THEN
        NEW.boss := NEW.boss_bigint;  -- changed by a foreign key
    ELSE
        NEW.boss_bigint := NEW.boss;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_users_key_to_bigint_users_i BEFORE INSERT ON public.users
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_users_key_to_bigint_users();
CREATE TRIGGER zz_migrator_20260901_users_key_to_bigint_users_u BEFORE UPDATE ON public.users
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id
                       OR OLD.boss IS DISTINCT FROM NEW.boss
                       OR OLD.id_bigint IS DISTINCT FROM NEW.id_bigint
                       OR OLD.boss_bigint IS DISTINCT FROM NEW.boss_bigint)
    EXECUTE FUNCTION migrator.sync_20260901_users_key_to_bigint_users();
COMMIT;

BEGIN;
ALTER TABLE public.orders ADD COLUMN user_id_bigint bigint;
CREATE FUNCTION migrator.sync_20260901_users_key_to_bigint_orders() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_users_key_to_bigint' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.user_id_bigint := NEW.user_id;  -- written by the application
        RETURN NEW;
    END IF;
    IF OLD.user_id_bigint IS DISTINCT FROM NEW.user_id_bigint AND OLD.user_id IS NOT DISTINCT FROM NEW.user_id THEN
        NEW.user_id := NEW.user_id_bigint;  -- changed by a foreign key
    ELSE
        NEW.user_id_bigint := NEW.user_id;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_users_key_to_bigint_orders_i BEFORE INSERT ON public.orders
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_users_key_to_bigint_orders();
CREATE TRIGGER zz_migrator_20260901_users_key_to_bigint_orders_u BEFORE UPDATE ON public.orders
    FOR EACH ROW WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id
                       OR OLD.user_id_bigint IS DISTINCT FROM NEW.user_id_bigint)
    EXECUTE FUNCTION migrator.sync_20260901_users_key_to_bigint_orders();
COMMIT;

BEGIN;
ALTER TABLE public.members ADD COLUMN user_id_bigint bigint;
CREATE FUNCTION migrator.sync_20260901_users_key_to_bigint_members() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_users_key_to_bigint' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.user_id_bigint := NEW.user_id;  -- written by the application
        RETURN NEW;
    END IF;
    IF OLD.user_id_bigint IS DISTINCT FROM NEW.user_id_bigint AND OLD.user_id IS NOT DISTINCT FROM NEW.user_id THEN
        NEW.user_id := NEW.user_id_bigint;  -- changed by a foreign key
    ELSE
        NEW.user_id_bigint := NEW.user_id;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_users_key_to_bigint_members_i BEFORE INSERT ON public.members
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_users_key_to_bigint_members();
CREATE TRIGGER zz_migrator_20260901_users_key_to_bigint_members_u BEFORE UPDATE ON public.members
    FOR EACH ROW WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id
                       OR OLD.user_id_bigint IS DISTINCT FROM NEW.user_id_bigint)
    EXECUTE FUNCTION migrator.sync_20260901_users_key_to_bigint_members();
COMMIT;

BEGIN;
ALTER TABLE public.notes ADD COLUMN member_id_bigint bigint;
CREATE FUNCTION migrator.sync_20260901_users_key_to_bigint_notes() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_users_key_to_bigint' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.member_id_bigint := NEW.member_id;  -- written by the application
        RETURN NEW;
    END IF;
    IF OLD.member_id_bigint IS DISTINCT FROM NEW.member_id_bigint AND OLD.member_id IS NOT DISTINCT FROM NEW.member_id THEN
        NEW.member_id := NEW.member_id_bigint;  -- changed by a foreign key
    ELSE
        NEW.member_id_bigint := NEW.member_id;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER zz_migrator_20260901_users_key_to_bigint_notes_i BEFORE INSERT ON public.notes
    FOR EACH ROW EXECUTE FUNCTION migrator.sync_20260901_users_key_to_bigint_notes();
CREATE TRIGGER zz_migrator_20260901_users_key_to_bigint_notes_u BEFORE UPDATE ON public.notes
    FOR EACH ROW WHEN (OLD.member_id IS DISTINCT FROM NEW.member_id
                       OR OLD.member_id_bigint IS DISTINCT FROM NEW.member_id_bigint)
    EXECUTE FUNCTION migrator.sync_20260901_users_key_to_bigint_notes();
COMMIT;
