-- Migrate, after the backfill: Mail Address gets the indexes and constraints of E-Mail.
-- Locks: index builds and validations take SHARE UPDATE EXCLUSIVE and block no reader and no writer; adding a
-- constraint takes ACCESS EXCLUSIVE (a foreign key SHARE ROW EXCLUSIVE, on both tables) for milliseconds.
-- Old and new code both work. New code may say ON CONFLICT (Mail Address) only after this phase.

CREATE UNIQUE INDEX CONCURRENTLY "by ""E-Mail"" now_Mail Address" ON "My App"."The Users" USING btree ("Mail Address" text_pattern_ops) WHERE "select" > 0;

ALTER TABLE "My App"."The Users" ADD CONSTRAINT "The Users_Mail Address_not_null_proof" CHECK ("Mail Address" IS NOT NULL) NOT VALID;

ALTER TABLE "My App"."The Users" VALIDATE CONSTRAINT "The Users_Mail Address_not_null_proof";

BEGIN;
ALTER TABLE "My App"."The Users" ALTER COLUMN "Mail Address" SET NOT NULL;
ALTER TABLE "My App"."The Users" DROP CONSTRAINT "The Users_Mail Address_not_null_proof";
COMMIT;

ALTER TABLE "My App"."The Users" ADD CONSTRAINT "The Users_Mail Address_check" CHECK ("Mail Address" <> 'E-Mail') NOT VALID;

ALTER TABLE "My App"."The Users" VALIDATE CONSTRAINT "The Users_Mail Address_check";

ANALYZE "My App"."The Users";
