-- migrator: allow drop-table: it was never used, see the ticket
DROP TABLE a;
DROP TABLE b; -- migrator: allow drop-table: never used either
/* migrator: allow drop-table:
   it stands before it, in a block */
DROP TABLE c;
-- migrator: allow drop-table: two findings of one statement need two reasons
-- migrator: allow drop-cascade: what hangs on it was looked up by hand
DROP TABLE d CASCADE;
-- migrator: allow drop-table: only one of two
-- expect: drop-cascade
DROP TABLE e CASCADE;
-- expect: drop-table
DROP TABLE f; DROP TABLE g; -- migrator: allow drop-table: the second one on the line
-- expect: invalid-suppression
-- migrator: allow drop-table
-- expect: drop-table
DROP TABLE h;
-- expect: invalid-suppression
-- migrator: allow no-such-rule: because
-- expect: drop-table
DROP TABLE i;
-- expect: invalid-suppression
-- migrator: ignore drop-table because
-- expect: drop-table
DROP TABLE j;
-- expect: unused-suppression
-- migrator: allow drop-table: nothing is dropped here
SELECT 1;
-- expect: invalid-suppression
-- migrator: allow unused-suppression: nobody can allow this
SELECT 2;
-- expect: unused-suppression
-- migrator: allow drop-table: no statement follows
