SELECT 1;
-- expect: templated-sql
ALTER TABLE {{ schema }}.users ADD COLUMN a int;
-- expect: templated-sql
ALTER TABLE ${table} ADD COLUMN a int;
-- expect: templated-sql
UPDATE users SET a = :value WHERE id = 1;
-- expect: templated-sql
UPDATE users SET a = %(value)s WHERE id = 1;
-- expect: truncate
TRUNCATE users;
INSERT INTO texts (a) VALUES ('{{ not one }} :nor this ${that}');
-- expect: syntax-error
ALTER TABLE users ADD COLUM a text DEFAULT ':this is none';
