-- Abort, before contract: the twins and everything that was made for them go; the tables are as they were.
-- Locks: ACCESS EXCLUSIVE on one table at a time for some milliseconds (dropping a foreign key: on both its
-- tables); nothing is rewritten or scanned. Indexes go without blocking anybody.
-- The application never notices.

ALTER TABLE "App"."Part" DROP CONSTRAINT "Part_tenant_item_bigint_fkey";

DROP INDEX CONCURRENTLY "App"."Item_pkey_Id_bigint";

BEGIN;
DROP TRIGGER "zz_migrator_20260901_item_id_to_bigint_Item_i" ON "App"."Item";
DROP TRIGGER "zz_migrator_20260901_item_id_to_bigint_Item_u" ON "App"."Item";
ALTER TABLE "App"."Item" DROP COLUMN "Id_bigint";
DROP FUNCTION migrator."sync_20260901_item_id_to_bigint_Item"();
COMMIT;

BEGIN;
DROP TRIGGER "zz_migrator_20260901_item_id_to_bigint_Part_i" ON "App"."Part";
DROP TRIGGER "zz_migrator_20260901_item_id_to_bigint_Part_u" ON "App"."Part";
ALTER TABLE "App"."Part" DROP COLUMN item_bigint;
DROP FUNCTION migrator."sync_20260901_item_id_to_bigint_Part"();
COMMIT;
