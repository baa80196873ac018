-- Verify, before contract: a row on which aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa and
-- ééééééééééééééééééééééééééééééé differ. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "ééééééééééééééééééééééééééééééé"
FROM public.ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt
WHERE aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa IS DISTINCT FROM "ééééééééééééééééééééééééééééééé"
LIMIT 1;
