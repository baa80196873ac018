-- Nobody uses a table that this file has just made; one that IF NOT EXISTS may have found is another matter.
CREATE TABLE fresh (id bigint PRIMARY KEY, a int, user_id bigint);
CREATE INDEX fresh_a ON fresh (a);
ALTER TABLE fresh ADD COLUMN b serial, ADD CHECK (a > 0), ADD UNIQUE (a), ALTER COLUMN a SET NOT NULL;
ALTER TABLE fresh ADD COLUMN c int NOT NULL;
ALTER TABLE fresh ADD FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE fresh ALTER COLUMN a TYPE bigint USING round(a);
ALTER TABLE fresh RENAME COLUMN a TO d;
ALTER TABLE fresh DROP COLUMN d;
UPDATE fresh SET c = 1;
TRUNCATE fresh;
DROP INDEX fresh_a;
DROP TABLE fresh;

CREATE TABLE IF NOT EXISTS found (id bigint, a int);
-- expect: create-index-non-concurrent
CREATE INDEX found_a ON found (a);

-- The same name in another schema is another table, and so is one that is made later.
CREATE TABLE app.users (id bigint);
CREATE INDEX app_users_id ON app.users (id);
-- expect: create-index-non-concurrent
CREATE INDEX users_id ON public.users (id);
-- expect: create-index-non-concurrent
CREATE INDEX later_id ON later (id);
CREATE TABLE later (id bigint);
-- expect: drop-table, drop-cascade
DROP TABLE users CASCADE;
