-- The areas of other vintages that all of some blocks lie in: (id, vintage, code, name, exact). A
-- block lies in the area that its best link names: an exact one first, then a published one.
WITH best AS (
    SELECT DISTINCT ON (l.from_area, b.vintage)
           l.from_area, b.id, b.vintage, b.code, b.name, l.exact
    FROM current_link l
    JOIN area b ON b.id = l.to_area
    WHERE l.from_area = ANY (CAST(:blocks AS int[]))
    ORDER BY l.from_area, b.vintage, l.exact DESC, (l.delivery_id IS NOT NULL) DESC,
             coalesce(l.share, 1) DESC, b.code
)
SELECT id, vintage, code, name, bool_and(exact) AS exact
FROM best
GROUP BY id, vintage, code, name
HAVING count(*) = cardinality(CAST(:blocks AS int[]))
ORDER BY vintage, code
