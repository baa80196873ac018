-- Expand: app.events gets the column number; a sequence numbers new rows.
-- Locks: ACCESS EXCLUSIVE on the table for some milliseconds; nothing is rewritten or scanned.
-- Old code never sees a difference, but SELECT * returns one column more.
-- New code must accept NULL until the backfill has given old rows their number.

BEGIN;
CREATE SEQUENCE app.events_number_seq AS bigint;
ALTER TABLE app.events ADD COLUMN number bigint;
ALTER TABLE app.events ALTER COLUMN number SET DEFAULT nextval('app.events_number_seq'::regclass);
ALTER SEQUENCE app.events_number_seq OWNED BY app.events.number;
COMMIT;
