-- The area of each published vintage that holds each point, edges included; of several the first by
-- code, as when incidents are placed: (key, vintage, id).
WITH newest AS (
    SELECT DISTINCT ON (vintage) id FROM edition WHERE state = 'published'
    ORDER BY vintage, number DESC
), point AS (
    SELECT key, ST_SetSRID(ST_MakePoint(x, y), 27700) AS geom
    FROM unnest(CAST(:keys AS text[]), CAST(:x AS float8[]), CAST(:y AS float8[])) AS p (key, x, y)
)
SELECT DISTINCT ON (point.key, a.vintage) point.key, a.vintage, a.id
FROM point
JOIN shape s ON s.geom && point.geom AND ST_Covers(s.geom, point.geom)
JOIN edition_area e ON e.shape_id = s.id AND e.edition_id IN (SELECT id FROM newest)
JOIN area a ON a.id = e.area_id
ORDER BY point.key, a.vintage, a.code
