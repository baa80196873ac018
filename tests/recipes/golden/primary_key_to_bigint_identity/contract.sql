-- Contract: the twins take the place of "App"."Item".Id, "App"."Part".item. There is no way back: from here on
-- keys may grow beyond 2147483647.
-- Locks: ACCESS EXCLUSIVE on one table at a time for some milliseconds (dropping a foreign key: on both its
-- tables); nothing is rewritten or scanned.
-- Referencing tables go first, so that no key is ever made that they cannot hold. Between two swaps both sides
-- hold the same small numbers, and the new foreign keys hold.
-- Every version of the application must read the columns as 64-bit numbers, and name its columns in INSERT and
-- COPY: they are now the last ones of their tables.
-- A prepared statement that returns one of them fails with `cached plan must not change result type` until it is
-- prepared again: after the rollback of a transaction, or after DEALLOCATE ALL. Deploy with prepared statements
-- off, restart the application after this, or let it try again.

ALTER TABLE "App"."Part" DROP CONSTRAINT "Part_tenant_item_fkey";

BEGIN;
DROP TRIGGER "zz_migrator_20260901_item_id_to_bigint_Part_i" ON "App"."Part";
DROP TRIGGER "zz_migrator_20260901_item_id_to_bigint_Part_u" ON "App"."Part";
ALTER TABLE "App"."Part"
    DROP COLUMN item;
ALTER TABLE "App"."Part" RENAME COLUMN item_bigint TO item;
ALTER TABLE "App"."Part" RENAME CONSTRAINT "Part_tenant_item_bigint_fkey" TO "Part_tenant_item_fkey";
DROP FUNCTION migrator."sync_20260901_item_id_to_bigint_Part"();
COMMIT;

BEGIN;
DROP TRIGGER "zz_migrator_20260901_item_id_to_bigint_Item_i" ON "App"."Item";
DROP TRIGGER "zz_migrator_20260901_item_id_to_bigint_Item_u" ON "App"."Item";
ALTER TABLE "App"."Item" ALTER COLUMN "Id_bigint" ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME "App"."Item_Id_bigint_seq" INCREMENT BY 2);
SELECT setval('"App"."Item_Id_bigint_seq"', last_value, is_called) FROM "App"."Item_Id_seq";
ALTER TABLE "App"."Item"
    DROP CONSTRAINT "Item_pkey",
    DROP COLUMN "Id";
ALTER TABLE "App"."Item" RENAME COLUMN "Id_bigint" TO "Id";
ALTER TABLE "App"."Item" ADD CONSTRAINT "Item_pkey" PRIMARY KEY USING INDEX "Item_pkey_Id_bigint";
DROP FUNCTION migrator."sync_20260901_item_id_to_bigint_Item"();
COMMIT;

ALTER SEQUENCE "App"."Item_Id_bigint_seq" RENAME TO "Item_Id_seq";

ANALYZE "App"."Item";

ANALYZE "App"."Part";
