-- Verify, before contract: a row on which mood and feeling fit in neither direction. There must be none.
-- Reads the table once; locks nobody out.

SELECT id, at, mood, feeling
FROM public.diary
WHERE (feeling::text IS DISTINCT FROM CAST((CASE mood::text WHEN 'happy' THEN 'it''s ok' ELSE mood::text END)::public.mood_next AS public.mood_next)::text)
  AND (mood::text IS DISTINCT FROM CAST(feeling::text::public.mood AS mood)::text)
LIMIT 1;
