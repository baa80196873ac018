-- Verify, before contract: a row on which mood and feeling fit in neither direction. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, at, mood, feeling
FROM public.diary
WHERE (feeling::text IS DISTINCT FROM CAST((CASE mood::text WHEN 'sad' THEN 'blue' ELSE mood::text END)::public.mood_next AS public.mood_next)::text)
  AND (mood::text IS DISTINCT FROM CAST((CASE feeling::text WHEN 'blue' THEN 'sad' ELSE feeling::text END)::public.mood AS mood)::text)
LIMIT 1;
