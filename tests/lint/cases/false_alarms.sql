-- What users of other linters report as false alarms, and what PostgreSQL does in an instant: all silent here.
CREATE TABLE users (
    id bigint PRIMARY KEY,
    mail text NOT NULL,
    name varchar(10),
    price numeric(10, 2),
    at timestamp(3),
    host cidr,
    phone text,
    CONSTRAINT phone_present CHECK (phone IS NOT NULL AND phone <> '')
);
CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE loose (id bigint, at date NOT NULL, CONSTRAINT inside CHECK (at >= '2021-01-01' AND at < '2022-01-01'));
CREATE TYPE mood AS ENUM ('sad');
CREATE UNIQUE INDEX users_mail_unique ON users (mail);
-- given above
-- Types that only grow.
ALTER TABLE users ALTER COLUMN name TYPE varchar(20);
ALTER TABLE users ALTER COLUMN name TYPE text;
ALTER TABLE users ALTER COLUMN price TYPE numeric(12, 2);
ALTER TABLE users ALTER COLUMN at TYPE timestamp(6);
ALTER TABLE users ALTER COLUMN host TYPE inet;
ALTER TABLE users ALTER COLUMN mail TYPE varchar;
-- Columns that are NOT NULL already, or proven.
ALTER TABLE users ALTER COLUMN mail SET NOT NULL;
ALTER TABLE users ALTER COLUMN phone SET NOT NULL;
-- Defaults that are computed once.
ALTER TABLE users ADD COLUMN d1 date DEFAULT CURRENT_DATE, ADD COLUMN d2 text DEFAULT current_setting('TimeZone');
ALTER TABLE users ADD COLUMN d3 timestamptz NOT NULL DEFAULT statement_timestamp();
ALTER TABLE users ADD COLUMN d4 mood;
ALTER TABLE users ADD COLUMN d5 int REFERENCES users (id);
ALTER TABLE users ADD COLUMN d6 varchar;
-- Constraints without a scan.
ALTER TABLE users ADD CONSTRAINT k CHECK (id > 0) NOT VALID;
ALTER TABLE users ADD CONSTRAINT u UNIQUE USING INDEX users_mail_unique;
ALTER TABLE users DROP CONSTRAINT k;
-- Partitions without a DEFAULT one, and a partition whose CHECK proves its bound.
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
ALTER TABLE events ATTACH PARTITION loose FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE INDEX events_at ON ONLY events (at);
-- Instant by themselves.
ALTER TABLE users ALTER COLUMN name SET STATISTICS 500;
ALTER TABLE users SET (fillfactor = 90);
ALTER TABLE users ALTER COLUMN name SET STORAGE EXTERNAL;
ALTER TABLE users ALTER COLUMN name DROP NOT NULL;
ALTER TABLE users ALTER COLUMN name SET DEFAULT 'x';
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER INDEX users_mail_unique RENAME TO users_mail_key;
COMMENT ON TABLE users IS 'people';
ALTER TYPE mood ADD VALUE 'glad';
CREATE STATISTICS users_statistics ON name, mail FROM users;
ANALYZE users;
GRANT SELECT ON users TO PUBLIC;
REFRESH MATERIALIZED VIEW CONCURRENTLY reports;
DROP INDEX CONCURRENTLY IF EXISTS leftover;
CREATE INDEX CONCURRENTLY leftover ON users (phone);
DROP TRIGGER IF EXISTS touch ON users;
DROP POLICY IF EXISTS own ON users;
SELECT pg_catalog.set_config('search_path', '', false);
-- A new table outside of a transaction.
CREATE TABLE fresh (id bigint, user_id bigint REFERENCES users);
CREATE INDEX fresh_user ON fresh (user_id);
ALTER TABLE fresh ADD PRIMARY KEY (id);
