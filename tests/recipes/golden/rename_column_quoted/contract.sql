-- Contract: E-Mail goes, Mail Address stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without E-Mail, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.

ALTER TABLE "My App"."The Users"
    ALTER COLUMN "E-Mail" DROP NOT NULL,
    DROP CONSTRAINT "The Users_E-Mail_check";

DROP INDEX CONCURRENTLY "My App"."by ""E-Mail"" now";

CREATE OR REPLACE FUNCTION migrator.sync_20260901_the_users_e_mail_to_mail_address() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_the_users_e_mail_to_mail_address_i ON "My App"."The Users";
DROP TRIGGER zz_migrator_20260901_the_users_e_mail_to_mail_address_u ON "My App"."The Users";
ALTER TABLE "My App"."The Users" DROP COLUMN "E-Mail";
DROP FUNCTION migrator.sync_20260901_the_users_e_mail_to_mail_address();
COMMIT;
