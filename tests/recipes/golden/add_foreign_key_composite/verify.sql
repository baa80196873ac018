-- Verify, before migrate and after it: rows that refer to nothing in "My App"."The Keys".
-- There must be none. Reads both tables once; locks nobody out.

SELECT "The Rows".id, "The Rows"."A", "The Rows".b
FROM "My App"."The Rows"
WHERE "The Rows"."A" IS NOT NULL AND "The Rows".b IS NOT NULL AND NOT EXISTS (SELECT FROM "My App"."The Keys" AS parent WHERE parent."A" = "The Rows"."A" AND parent.b = "The Rows".b)
LIMIT 5;
