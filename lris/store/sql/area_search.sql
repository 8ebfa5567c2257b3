-- Areas by vintage, by part of name or code, inside other areas; keyset paging by vintage and code.
SELECT a.id, a.code, a.vintage, a.name
FROM area a
WHERE (CAST(:vintage AS text) IS NULL OR a.vintage = :vintage)
  AND (CAST(:words AS text) IS NULL OR a.name ILIKE :words OR a.code ILIKE :words)
  AND (CAST(:within AS int[]) IS NULL OR a.id = ANY (CAST(:within AS int[])))
  AND (CAST(:after_code AS text) IS NULL
       OR (a.vintage, a.code) > (CAST(:after_vintage AS text), CAST(:after_code AS text)))
ORDER BY a.vintage, a.code
LIMIT :limit
