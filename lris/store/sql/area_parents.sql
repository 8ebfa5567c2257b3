-- The areas of other vintages that areas lie in: (child, id, vintage, code, name, exact), of each
-- vintage (of those asked for) the best link. An area that is itself a sum lies where most of its
-- building blocks lie, and exactly so where all of them do.
WITH direct AS (
    SELECT l.from_area AS child, l.to_area AS id, l.exact,
           (l.delivery_id IS NOT NULL) AS published, coalesce(l.share, 1) AS weight
    FROM current_link l
    WHERE l.from_area = ANY (CAST(:area_ids AS int[]))
), shared AS (
    SELECT down.to_area AS child, up.to_area AS id,
           bool_and(up.exact)
               AND count(*) OVER (PARTITION BY down.to_area, v.vintage) = 1 AS exact,
           true AS published, CAST(count(*) AS float8) AS weight
    FROM current_link down
    JOIN current_link up ON up.from_area = down.from_area AND up.to_area <> down.to_area
    JOIN area v ON v.id = up.to_area
    WHERE down.to_area = ANY (CAST(:area_ids AS int[]))
    GROUP BY down.to_area, up.to_area, v.vintage
)
SELECT DISTINCT ON (f.child, b.vintage) f.child, b.id, b.vintage, b.code, b.name, f.exact
FROM (SELECT * FROM direct UNION ALL SELECT * FROM shared) AS f
JOIN area b ON b.id = f.id
JOIN area c ON c.id = f.child
WHERE b.vintage <> c.vintage
  AND (CAST(:vintages AS text[]) IS NULL OR b.vintage = ANY (CAST(:vintages AS text[])))
ORDER BY f.child, b.vintage, f.exact DESC, f.published DESC, f.weight DESC, b.code
