-- Writes down for each delivery of incidents the rows that lie in no area of any vintage. A delivery
-- that was placed in no vintage at all has all its rows unplaced.
WITH seen AS (
    SELECT p.delivery_id, p.block, u.place, bool_or(u.area_id <> 0) AS placed
    FROM placement p
    CROSS JOIN LATERAL unnest(p.areas) WITH ORDINALITY AS u (area_id, place)
    GROUP BY p.delivery_id, p.block, u.place
), nowhere AS (
    SELECT delivery_id, count(*) FILTER (WHERE NOT placed) AS rows FROM seen GROUP BY delivery_id
)
UPDATE delivery d
SET unplaced = coalesce((SELECT n.rows FROM nowhere n WHERE n.delivery_id = d.id), d.loaded)
WHERE EXISTS (SELECT FROM incident i WHERE i.delivery_id = d.id)
