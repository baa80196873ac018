-- expect: contract-overdue
ALTER TABLE users ADD COLUMN mail text;
