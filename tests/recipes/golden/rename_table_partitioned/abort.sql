-- Abort, before contract: the view goes, and app.happenings is app.events again.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; nothing is rewritten or scanned.
-- Old code never notices. New code that names app.happenings fails: take it back first.

BEGIN;
DROP VIEW app.events;
ALTER TABLE app.happenings RENAME TO events;
COMMIT;
