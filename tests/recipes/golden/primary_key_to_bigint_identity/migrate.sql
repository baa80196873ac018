-- Migrate, after the backfill: the twins get indexes, NOT NULL, constraints and foreign keys.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- The application never sees a difference.

CREATE UNIQUE INDEX CONCURRENTLY "Item_pkey_Id_bigint" ON "App"."Item" USING btree ("Tenant", "Id_bigint");

ALTER TABLE "App"."Item" ADD CONSTRAINT "Item_Id_bigint_not_null_proof" CHECK ("Id_bigint" IS NOT NULL) NOT VALID;

ALTER TABLE "App"."Item" VALIDATE CONSTRAINT "Item_Id_bigint_not_null_proof";

BEGIN;
ALTER TABLE "App"."Item" ALTER COLUMN "Id_bigint" SET NOT NULL;
ALTER TABLE "App"."Item" DROP CONSTRAINT "Item_Id_bigint_not_null_proof";
COMMIT;

ALTER TABLE "App"."Part" ADD CONSTRAINT "Part_tenant_item_bigint_fkey" FOREIGN KEY (tenant, item_bigint) REFERENCES "App"."Item" ("Tenant", "Id_bigint") NOT VALID;

ALTER TABLE "App"."Part" VALIDATE CONSTRAINT "Part_tenant_item_bigint_fkey";

ANALYZE "App"."Item";

ANALYZE "App"."Part";
