-- The sites in an area and, of each kind, the nearest outside it, up to so many metres from its
-- outline. A site with a point is where its point is; one without, and every site where the area has
-- no outline, is where the directories put its postcode, or in what that is linked to. Of the rows
-- that several files have of one site the one about the latest time counts.
WITH outline AS (
    SELECT s.geom
    FROM edition_area e
    JOIN shape s ON s.id = e.shape_id
    WHERE e.area_id = :area_id
      AND e.edition_id = (
          SELECT n.id FROM edition n JOIN area a ON a.vintage = n.vintage
          WHERE a.id = :area_id AND n.state = 'published' ORDER BY n.number DESC LIMIT 1)
), belonging AS (
    SELECT array_agg(b.id) AS ids
    FROM (SELECT CAST(:area_id AS int) AS id
          UNION SELECT from_area FROM current_link WHERE to_area = :area_id) b
), candidate AS (
    SELECT s.*, ST_Distance(o.geom, s.geom) AS distance_m
    FROM outline o JOIN current_site s ON ST_DWithin(o.geom, s.geom, :near_m)
    UNION ALL
    SELECT s.*, 0
    FROM belonging b JOIN current_site s ON s.areas && b.ids
    WHERE s.geom IS NULL OR NOT EXISTS (SELECT FROM outline)
), ranked AS (
    SELECT c.*,
           row_number() OVER (PARTITION BY c.kind, c.distance_m > 0
                              ORDER BY c.distance_m, c.name, c.delivery_id, c.row) AS place
    FROM candidate c
    WHERE (CAST(:kind AS text) IS NULL OR c.kind = :kind)
      AND NOT EXISTS (
          SELECT FROM current_site n
          WHERE n.area_id = c.area_id AND n.kind = c.kind
            AND (n.route <> 'none' OR n.areas <> '{}',
                 coalesce(n.as_of, '-infinity'), n.delivery_id, n.row)
              > (c.route <> 'none' OR c.areas <> '{}',
                 coalesce(c.as_of, '-infinity'), c.delivery_id, c.row))
)
SELECT r.kind, r.area_id, a.vintage, a.code, r.name, r.postcode, r.route, r.as_of, r.source,
       r.distance_m, ST_X(r.geom) AS x, ST_Y(r.geom) AS y
FROM ranked r
LEFT JOIN area a ON a.id = r.area_id
WHERE r.distance_m = 0 OR r.place <= :outside
ORDER BY r.distance_m, r.kind, r.name, r.delivery_id, r.row
LIMIT :most
