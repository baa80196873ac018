-- Abort: the tables go, with every row.
DROP TABLE orders;

DROP TABLE users;
