-- The ids of the areas of one vintage that lie in any of the given areas: the areas themselves, areas
-- linked to them, and areas more than half of whose building blocks are linked to them (an MSOA in a
-- district; an LSOA of another year).
WITH inside AS (
    SELECT DISTINCT l.from_area AS id FROM current_link l WHERE l.to_area = ANY (CAST(:within AS int[]))
), shared AS (
    SELECT l.to_area AS id
    FROM current_link l
    JOIN area b ON b.id = l.to_area AND b.vintage = :vintage
    GROUP BY l.to_area
    HAVING count(*) FILTER (WHERE l.from_area IN (SELECT id FROM inside)) * 2 > count(*)
)
SELECT a.id
FROM area a
WHERE a.vintage = :vintage
  AND (a.id = ANY (CAST(:within AS int[]))
       OR a.id IN (SELECT id FROM inside)
       OR (a.id IN (SELECT id FROM shared)
           AND NOT EXISTS (SELECT FROM current_link l WHERE l.from_area = a.id
                           AND l.to_area = ANY (CAST(:within AS int[])))))
ORDER BY a.id
