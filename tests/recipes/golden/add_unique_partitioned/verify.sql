-- Verify, before migrate and after it: values of place, at, id that more than one row has.
-- There must be none. Reads the table once; locks nobody out.

SELECT place, at, id, count(*) AS rows
FROM app.events
WHERE place IS NOT NULL AND at IS NOT NULL AND id IS NOT NULL
GROUP BY place, at, id
HAVING count(*) > 1
LIMIT 5;
