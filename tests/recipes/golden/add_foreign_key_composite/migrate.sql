-- Migrate: the key holds for new rows at once, then old ones are validated.
-- Locks: SHARE ROW EXCLUSIVE on "My App"."The Rows" and "My App"."The Keys" for milliseconds, once per key: writes
-- wait. The validation takes SHARE UPDATE EXCLUSIVE and ROW SHARE, and blocks nobody.
-- When the validation finds a row that refers to nothing, set it right, then resume.
-- Old and new code: a row that refers to nothing is refused from here on.

ALTER TABLE "My App"."The Rows" ADD CONSTRAINT "The Rows_A_b_fkey" FOREIGN KEY ("A", b)
    REFERENCES "My App"."The Keys" ("A", b) ON UPDATE CASCADE NOT VALID;

ALTER TABLE "My App"."The Rows" VALIDATE CONSTRAINT "The Rows_A_b_fkey";
