-- What this file made stays new under the name that it gets later; a name that another one takes over never goes.
CREATE TABLE drafts (id bigint PRIMARY KEY, a int);
ALTER TABLE drafts RENAME TO essays;
ALTER TABLE essays ADD UNIQUE (a);
ALTER TABLE essays SET SCHEMA app;
CREATE INDEX ON app.essays (a);
INSERT INTO app.essays SELECT g, g FROM generate_series(1, 9) g;
ALTER TABLE app.essays RENAME TO notes;
-- expect: create-index-non-concurrent
CREATE INDEX ON app.notes (a);
DROP TABLE app.notes;

CREATE TABLE users_copy (id bigint);
BEGIN;
ALTER TABLE users RENAME TO users_old;
ALTER TABLE users_copy RENAME TO users;
COMMIT;
-- expect: drop-table
DROP TABLE users_old;
-- expect: create-index-non-concurrent
CREATE INDEX ON users (id);

CREATE TYPE mood_new AS ENUM ('sad', 'glad');
BEGIN;
ALTER TYPE mood RENAME TO mood_old;
ALTER TYPE mood_new RENAME TO mood;
DROP TYPE mood_old;
COMMIT;
-- expect: rename-object
ALTER TYPE mood RENAME TO temper;
