-- The ids of the areas a postcode lies in: of each vintage the one that the newest directory states, or
-- else the one whose outline holds the postcode's point.
WITH stated AS (
    SELECT p.geom, p.areas, c.vintages, c.edition_end, c.delivery_id
    FROM current_postcode p JOIN current_directory c USING (delivery_id)
    WHERE p.postcode = :postcode
), newest AS (
    SELECT DISTINCT ON (vintage) id FROM edition WHERE state = 'published'
    ORDER BY vintage, number DESC
), point AS (
    SELECT geom FROM stated WHERE geom IS NOT NULL
    ORDER BY edition_end DESC, delivery_id DESC LIMIT 1
), found AS (
    SELECT v.vintage, v.area_id, 0 AS road, s.edition_end, s.delivery_id, '' AS code
    FROM stated s CROSS JOIN LATERAL unnest(s.vintages, s.areas) AS v (vintage, area_id)
    WHERE v.area_id <> 0
    UNION ALL
    SELECT a.vintage, a.id, 1, NULL, 0, a.code
    FROM point
    JOIN shape s ON s.geom && point.geom AND ST_Covers(s.geom, point.geom)
    JOIN edition_area e ON e.shape_id = s.id AND e.edition_id IN (SELECT id FROM newest)
    JOIN area a ON a.id = e.area_id
)
SELECT DISTINCT ON (vintage) area_id
FROM found
ORDER BY vintage, road, edition_end DESC, delivery_id DESC, code
