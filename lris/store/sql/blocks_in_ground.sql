-- The areas of an edition that a ground (EPSG:27700) has some of, in order of code: (id, code, name,
-- ground, inside), their square metres whole and within it. Those it merely touches are left out.
WITH drawn AS MATERIALIZED (
    SELECT ST_SetSRID(ST_GeomFromWKB(:wkb), 27700) AS geom
), near AS MATERIALIZED (
    SELECT e.area_id, s.geom
    FROM drawn
    JOIN shape s ON s.geom && drawn.geom
    JOIN edition_area e ON e.shape_id = s.id AND e.edition_id = :edition_id
), meeting AS MATERIALIZED (
    SELECT n.area_id, ST_Area(n.geom) AS ground,
           CASE WHEN ST_Covers(drawn.geom, n.geom) THEN ST_Area(n.geom)
                ELSE ST_Area(ST_Intersection(n.geom, drawn.geom)) END AS inside
    FROM drawn
    JOIN near n ON ST_Intersects(drawn.geom, n.geom)
    LIMIT :most
)
SELECT a.id, a.code, a.name, m.ground, m.inside
FROM meeting m
JOIN area a ON a.id = m.area_id
WHERE m.inside > 0
ORDER BY a.code
