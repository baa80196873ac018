ALTER TABLE users DROP COLUMN mail;
DROP TABLE users_extra;
ALTER TABLE users RENAME COLUMN nickname TO nick;
-- expect: drop-column
ALTER TABLE users DROP COLUMN email;
-- expect: rename-column
ALTER TABLE users RENAME COLUMN a TO b;
-- expect: drop-table
DROP TABLE users;
