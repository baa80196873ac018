CREATE TABLE users (id int PRIMARY KEY, mail text, age int, code varchar(10) CHECK (code <> ''), plan text NOT NULL DEFAULT 'x');
CREATE VIEW ages AS SELECT age FROM users;
CREATE TABLE shops (id int PRIMARY KEY);
CREATE TABLE visits (user_id int REFERENCES users, shop_id int REFERENCES shops);
CREATE INDEX visits_user ON visits (user_id);
CREATE UNIQUE INDEX users_mail_unique ON users (mail);
CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE TABLE loose (at date NOT NULL);
CREATE DOMAIN percent AS bigint;
CREATE TABLE discounts (value percent);
CREATE UNLOGGED TABLE cache (id int, g int GENERATED ALWAYS AS (1) STORED);
CREATE FUNCTION token() RETURNS text LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 1; END';
-- given above
-- expect: add-column-volatile-default
ALTER TABLE users ADD COLUMN token text DEFAULT token();
-- ONLY spares the partitions, and users has none: it is read itself.
-- expect: create-index-non-concurrent
CREATE INDEX users_age ON ONLY users (age);
-- expect: type-change-view-dependency
ALTER TABLE users ALTER COLUMN age TYPE bigint;
-- expect: change-column-type
ALTER TABLE users ALTER COLUMN id TYPE bigint;
-- expect: type-change-rechecks
ALTER TABLE users ALTER COLUMN code TYPE varchar(20);
-- expect: set-not-null
ALTER TABLE users ALTER COLUMN mail SET NOT NULL;
-- expect: drop-default
ALTER TABLE users ALTER COLUMN plan DROP DEFAULT;
-- expect: drop-unique-index
DROP INDEX CONCURRENTLY users_mail_unique;
-- expect: drop-constraint, fails-on-server
ALTER TABLE users DROP CONSTRAINT users_pkey;
-- expect: fk-type-mismatch
ALTER TABLE visits ADD COLUMN owner_id bigint, ADD CONSTRAINT o FOREIGN KEY (user_id) REFERENCES discounts (value) NOT VALID;
-- expect: replace-index-order
DROP INDEX CONCURRENTLY visits_user;
CREATE INDEX CONCURRENTLY visits_user_shop ON visits (user_id, shop_id);
-- expect: drop-table, drop-fk-parent-lock
DROP TABLE visits;
-- expect: concurrent-index-on-partitioned
CREATE INDEX CONCURRENTLY events_at ON events (at);
-- expect: create-index-non-concurrent
CREATE INDEX events_at ON events (at);
-- expect: create-partition
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- expect: attach-partition
ALTER TABLE events ATTACH PARTITION loose FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
-- expect: fails-on-server
ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY;
-- CONCURRENTLY is refused where there is a DEFAULT partition.
ALTER TABLE events DETACH PARTITION events_default;
-- expect: detach-partition
ALTER TABLE other DETACH PARTITION other_1;
-- expect: alter-domain-constraint
ALTER DOMAIN percent ADD CONSTRAINT small CHECK (VALUE < 100);
ALTER DOMAIN percent ADD CONSTRAINT smaller CHECK (VALUE < 100) NOT VALID;
-- expect: set-logged
ALTER TABLE cache SET LOGGED;
-- expect: set-tablespace
ALTER TABLE cache SET TABLESPACE fast;
-- expect: set-access-method
ALTER TABLE cache SET ACCESS METHOD columnar;
-- expect: set-expression
ALTER TABLE cache ALTER COLUMN g SET EXPRESSION AS (2);
