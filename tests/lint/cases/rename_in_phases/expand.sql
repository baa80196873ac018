BEGIN;
ALTER TABLE users ADD COLUMN mail text;
CREATE TABLE users_extra (id bigint);
COMMIT;
ALTER TABLE users ADD CONSTRAINT mail_present CHECK (mail IS NOT NULL) NOT VALID;
-- expect: rename-column
ALTER TABLE users RENAME COLUMN nick TO nickname;
-- expect: drop-column
ALTER TABLE users DROP COLUMN email;
