-- expect: mixed-phases
ALTER TABLE users ADD COLUMN plan text;
ALTER TABLE users DROP COLUMN email;
