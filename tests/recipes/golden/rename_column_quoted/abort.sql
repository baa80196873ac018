-- Abort, before contract: Mail Address and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names Mail Address fails: take it back first.

DROP INDEX CONCURRENTLY "My App"."by ""E-Mail"" now_Mail Address";

ALTER TABLE "My App"."The Users" DROP CONSTRAINT "The Users_Mail Address_check";

BEGIN;
DROP TRIGGER zz_migrator_20260901_the_users_e_mail_to_mail_address_i ON "My App"."The Users";
DROP TRIGGER zz_migrator_20260901_the_users_e_mail_to_mail_address_u ON "My App"."The Users";
ALTER TABLE "My App"."The Users" DROP COLUMN "Mail Address";
DROP FUNCTION migrator.sync_20260901_the_users_e_mail_to_mail_address();
COMMIT;
