-- What the examples of the rules are about, where they give nothing of their own; made anew for each.
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE plans (id int UNIQUE);
CREATE TABLE shops (id int UNIQUE);
CREATE TABLE users (
    id int UNIQUE, mail text, email text NOT NULL DEFAULT 'x', age int DEFAULT 1, created_at timestamptz DEFAULT now(),
    name text, mood mood DEFAULT 'sad'
);
INSERT INTO plans SELECT generate_series(1, 3);
INSERT INTO users (id, mail) SELECT g, 'm' || g FROM generate_series(1, 10) g;
CREATE INDEX users_mail ON users (mail);
CREATE TABLE orders (id int, user_id int, shop_id int, email text);
INSERT INTO orders SELECT g, g FROM generate_series(1, 10) g;
ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
CREATE TABLE archive (LIKE users);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE old_orders (id int);
CREATE TABLE sessions (id int, expires_at timestamptz);
CREATE TABLE bookings (during tstzrange);
CREATE TABLE page_cache (id int UNIQUE);
CREATE TABLE page_cache_entries (page int REFERENCES page_cache (id));
CREATE TABLE events (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE INDEX events_at ON events_2020 (at);
CREATE MATERIALIZED VIEW reports AS SELECT count(*) AS n FROM users;
CREATE UNIQUE INDEX reports_n ON reports (n);
CREATE VIEW v AS SELECT 1 AS n;
CREATE FUNCTION full_name(a text, b text) RETURNS text LANGUAGE sql AS 'SELECT a || b';
CREATE SEQUENCE invoice_number;
