-- Verify, before contract: a row whose twin does not hold the same number. There must be none.
-- Up to the contract the integers decide, and no key is larger than 2147483647: do it before max ("Id") gets
-- there, because then every insert fails.
-- Reads each table once; locks nobody out.

SELECT "Tenant", "Id", "Id_bigint"
FROM "App"."Item"
WHERE "Id_bigint" IS DISTINCT FROM CAST("Id" AS bigint)
LIMIT 1;

SELECT id, item, item_bigint
FROM "App"."Part"
WHERE item_bigint IS DISTINCT FROM CAST(item AS bigint)
LIMIT 1;
