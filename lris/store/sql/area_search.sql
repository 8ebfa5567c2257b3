-- Areas by vintage, by part of a name or code, everyday and Welsh names too, inside other areas, or
-- among given ones; keyset paging by vintage and code. Aliases are {kind: name}.
SELECT a.id, a.code, a.vintage, a.name,
       coalesce((SELECT jsonb_object_agg(l.kind, l.name ORDER BY l.delivery_id)
                 FROM current_alias l WHERE l.area_id = a.id), '{}') AS aliases
FROM area a
WHERE (CAST(:vintage AS text) IS NULL OR a.vintage = :vintage)
  AND (CAST(:words AS text) IS NULL OR a.code LIKE upper(:words)
       OR a.name <> '' AND a.name ILIKE :words
       OR a.id IN (SELECT area_id FROM current_alias WHERE name ILIKE :words))
  AND (CAST(:among AS int[]) IS NULL OR a.id = ANY (CAST(:among AS int[])))
  AND (CAST(:within AS int[]) IS NULL OR a.id = ANY (CAST(:within AS int[])))
  AND (CAST(:after_code AS text) IS NULL
       OR (a.vintage, a.code) > (CAST(:after_vintage AS text), CAST(:after_code AS text)))
ORDER BY a.vintage, a.code
LIMIT :limit
