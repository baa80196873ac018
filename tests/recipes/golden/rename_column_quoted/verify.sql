-- Verify, before contract: a row on which E-Mail and Mail Address differ. There must be none.
-- Reads the table once; locks nobody out.

SELECT "Id", "E-Mail", "Mail Address"
FROM "My App"."The Users"
WHERE "E-Mail" COLLATE pg_catalog."C" IS DISTINCT FROM "Mail Address" COLLATE pg_catalog."C"
LIMIT 1;
