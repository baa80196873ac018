DROP TABLE a;
-- migrator: allow-file drop-table: the tables of a trial that ended
DROP TABLE b;
-- expect: truncate
TRUNCATE c;
-- expect: unused-suppression
-- migrator: allow-file drop-column: there is none
-- expect: invalid-suppression
-- migrator: allow-file truncate
SELECT 1;
