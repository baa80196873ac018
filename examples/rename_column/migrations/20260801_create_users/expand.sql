-- Expand: the tables as they are before the rename. They are new, so that no lock can hurt anybody.
BEGIN;
CREATE TABLE users (
    id bigint PRIMARY KEY,
    email text NOT NULL CONSTRAINT users_email_check CHECK (email LIKE '%@%'),
    name text NOT NULL
);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id),
    total integer NOT NULL
);
CREATE UNIQUE INDEX users_email_idx ON users (lower(email));
COMMIT;
