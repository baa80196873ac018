-- Expand: each integer that holds a key of "App"."Item" gets a bigint twin, which follows it by trigger:
-- "App"."Item".Id_bigint, "App"."Part".item_bigint.
-- Locks: ACCESS EXCLUSIVE on one table at a time for some milliseconds (dropping a foreign key: on both its
-- tables); nothing is rewritten or scanned.
-- Old code never sees a difference, but SELECT * returns more columns. Nobody writes the twins.
-- In the contract each twin takes its column's name, and with it the last place in the table: until then INSERT
-- and COPY must name their columns, because without a list the values would go to other columns.

BEGIN;
ALTER TABLE "App"."Item" ADD COLUMN "Id_bigint" bigint;
CREATE FUNCTION migrator."sync_20260901_item_id_to_bigint_Item"() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_item_id_to_bigint' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW."Id_bigint" := NEW."Id";  -- written by the application
        RETURN NEW;
    END IF;
    IF OLD."Id_bigint" IS DISTINCT FROM NEW."Id_bigint" AND OLD."Id" IS NOT DISTINCT FROM NEW."Id" THEN
        NEW."Id" := NEW."Id_bigint";  -- changed by a foreign key
    ELSE
        NEW."Id_bigint" := NEW."Id";
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER "zz_migrator_20260901_item_id_to_bigint_Item_i" BEFORE INSERT ON "App"."Item"
    FOR EACH ROW EXECUTE FUNCTION migrator."sync_20260901_item_id_to_bigint_Item"();
CREATE TRIGGER "zz_migrator_20260901_item_id_to_bigint_Item_u" BEFORE UPDATE ON "App"."Item"
    FOR EACH ROW WHEN (OLD."Id" IS DISTINCT FROM NEW."Id"
                       OR OLD."Id_bigint" IS DISTINCT FROM NEW."Id_bigint")
    EXECUTE FUNCTION migrator."sync_20260901_item_id_to_bigint_Item"();
COMMIT;

BEGIN;
ALTER TABLE "App"."Part" ADD COLUMN item_bigint bigint;
CREATE FUNCTION migrator."sync_20260901_item_id_to_bigint_Part"() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    IF current_setting('migrator.bypass', true) = '20260901_item_id_to_bigint' THEN
        RETURN NEW;  -- our own backfill
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.item_bigint := NEW.item;  -- written by the application
        RETURN NEW;
    END IF;
    IF OLD.item_bigint IS DISTINCT FROM NEW.item_bigint AND OLD.item IS NOT DISTINCT FROM NEW.item THEN
        NEW.item := NEW.item_bigint;  -- changed by a foreign key
    ELSE
        NEW.item_bigint := NEW.item;
    END IF;
    RETURN NEW;
END
$f$;
CREATE TRIGGER "zz_migrator_20260901_item_id_to_bigint_Part_i" BEFORE INSERT ON "App"."Part"
    FOR EACH ROW EXECUTE FUNCTION migrator."sync_20260901_item_id_to_bigint_Part"();
CREATE TRIGGER "zz_migrator_20260901_item_id_to_bigint_Part_u" BEFORE UPDATE ON "App"."Part"
    FOR EACH ROW WHEN (OLD.item IS DISTINCT FROM NEW.item
                       OR OLD.item_bigint IS DISTINCT FROM NEW.item_bigint)
    EXECUTE FUNCTION migrator."sync_20260901_item_id_to_bigint_Part"();
COMMIT;
