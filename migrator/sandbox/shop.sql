-- The demo's application schema: a busy table with an index, NOT NULLs, and a foreign key that points to it.
CREATE TABLE users (
    id bigint PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL DEFAULT '',
    visits integer NOT NULL DEFAULT 0
);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id),
    amount integer NOT NULL
);
