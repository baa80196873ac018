-- expect: add-check-not-valid
ALTER TABLE t ADD CHECK (a > 0);
ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID;
ALTER TABLE t VALIDATE CONSTRAINT k;
-- expect: add-fk-not-valid
ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p;
-- expect: add-fk-not-valid
ALTER TABLE t ADD CONSTRAINT self FOREIGN KEY (a) REFERENCES t (id);
-- expect: add-unique-constraint
ALTER TABLE t ADD UNIQUE (a);
-- expect: add-primary-key
ALTER TABLE t ADD PRIMARY KEY (a);
-- expect: add-exclusion-constraint
ALTER TABLE t ADD EXCLUDE USING gist (a WITH =);
ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i;
-- Nobody can tell without the columns.
-- expect: pk-using-index-nullable
ALTER TABLE t ADD CONSTRAINT u PRIMARY KEY USING INDEX i;
ALTER TABLE t DROP CONSTRAINT u;
-- expect: drop-cascade
ALTER TABLE t DROP CONSTRAINT u CASCADE;
-- expect: validate-in-same-transaction
ALTER TABLE t ADD CONSTRAINT one CHECK (a > 0) NOT VALID, VALIDATE CONSTRAINT one;
BEGIN;
ALTER TABLE t ADD CONSTRAINT two FOREIGN KEY (a) REFERENCES p NOT VALID;
ALTER TABLE u VALIDATE CONSTRAINT two;
-- expect: validate-in-same-transaction
ALTER TABLE t VALIDATE CONSTRAINT two;
COMMIT;
BEGIN;
ALTER TABLE t VALIDATE CONSTRAINT two;
COMMIT;
-- expect: enforce-constraint, fails-on-server
ALTER TABLE t ALTER CONSTRAINT not_enforced ENFORCED;
