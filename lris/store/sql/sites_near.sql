-- The sites in some areas and, of each kind, the nearest outside each, up to so many metres from its
-- outline. A site with a point is where its point is; one without, and every site where the area has
-- no outline, is where the directories put its postcode, or in what that is linked to. Of the rows
-- that several files have of one site the one about the latest time counts.
WITH newest AS (
    SELECT DISTINCT ON (n.vintage) n.vintage, n.id
    FROM edition n WHERE n.state = 'published' ORDER BY n.vintage, n.number DESC
)
SELECT asked.id AS asked, f.*
FROM unnest(CAST(:area_ids AS int[])) AS asked (id)
CROSS JOIN LATERAL (
    WITH outline AS (
        SELECT s.geom
        FROM area a
        JOIN newest n ON n.vintage = a.vintage
        JOIN edition_area e ON e.edition_id = n.id AND e.area_id = a.id
        JOIN shape s ON s.id = e.shape_id
        WHERE a.id = asked.id
    ), belonging AS (
        SELECT array_agg(b.id) AS ids
        FROM (SELECT asked.id
              UNION SELECT from_area FROM current_link WHERE to_area = asked.id) b
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
) f
