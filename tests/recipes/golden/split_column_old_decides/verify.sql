-- Verify, before contract: a row on which Place, Lat and Lon fit in neither direction. There must be none.
-- Reads the table once; locks nobody out.

SELECT "Id", "Place", "Lat", "Lon"
FROM "Geo"."Spots"
WHERE ("Lat"::text IS DISTINCT FROM CAST(split_part("Place", ',', 1)::numeric AS numeric(8,5))::text OR "Lon"::text IS DISTINCT FROM CAST(split_part("Place", ',', 2)::numeric AS numeric(8,5))::text)
  AND ("Place" IS DISTINCT FROM CAST(concat("Lat", ',', "Lon") AS text))
LIMIT 1;
