-- Expand: public."Users" gets the column No; a sequence numbers new rows.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds; nothing is rewritten or scanned.
-- Old code never sees a difference, but SELECT * returns one column more.
-- New code must accept NULL until the backfill has given old rows their number.

BEGIN;
CREATE SEQUENCE public."Users_No_numbers" AS integer;
ALTER TABLE public."Users" ADD COLUMN "No" integer;
ALTER TABLE public."Users" ALTER COLUMN "No" SET DEFAULT nextval('public."Users_No_numbers"'::regclass);
ALTER SEQUENCE public."Users_No_numbers" OWNED BY public."Users"."No";
COMMIT;
