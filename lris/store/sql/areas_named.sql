-- Areas by id with what they are called: (id, vintage, code, name, aliases as {kind: name}).
SELECT a.id, a.vintage, a.code, a.name,
       coalesce((SELECT jsonb_object_agg(l.kind, l.name ORDER BY l.delivery_id)
                 FROM current_alias l WHERE l.area_id = a.id), '{}') AS aliases
FROM area a
WHERE a.id = ANY (CAST(:ids AS int[]))
