-- The incidents of a source's current deliveries, one row each, in order of time: those of some
-- categories, between two moments, in some areas of a vintage they were placed in. Without categories
-- or without a vintage there is no such restriction.
WITH inside AS MATERIALIZED (
    SELECT p.delivery_id, p.block * :block_rows + found.at - 1 AS row
    FROM placement p
    JOIN delivery d ON d.id = p.delivery_id AND d.state = 'current' AND d.source = :source
    CROSS JOIN LATERAL unnest(p.areas) WITH ORDINALITY AS found(area_id, at)
    WHERE p.vintage = :vintage AND found.area_id = ANY (CAST(:areas AS int[]))
)
SELECT d.id AS delivery, d.partition, d.kept_columns, i.line, i.starts, i.ends, i.category,
       coalesce(i.code, '') AS code, i.kept, ST_X(i.geom) AS easting, ST_Y(i.geom) AS northing
FROM delivery d
JOIN incident i ON i.delivery_id = d.id
WHERE d.source = :source
  AND d.state = 'current'
  AND i.starts < :before
  AND i.ends > :after
  AND (cardinality(CAST(:categories AS text[])) = 0 OR i.category = ANY (CAST(:categories AS text[])))
  AND (CAST(:vintage AS text) IS NULL OR (i.delivery_id, i.row) IN (SELECT delivery_id, row FROM inside))
ORDER BY i.starts, d.id, i.row
