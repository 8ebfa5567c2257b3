-- The areas of other vintages that an area lies in: (id, vintage, code, name, exact), best link first.
-- An area that is itself a sum lies where most of its building blocks lie.
WITH direct AS (
    SELECT l.to_area AS id, l.exact, (l.delivery_id IS NOT NULL) AS published,
           coalesce(l.share, 1) AS weight
    FROM current_link l
    WHERE l.from_area = :area_id
), shared AS (
    SELECT up.to_area AS id, bool_and(up.exact) AS exact, true AS published,
           CAST(count(*) AS float8) AS weight
    FROM current_link down
    JOIN current_link up ON up.from_area = down.from_area AND up.to_area <> down.to_area
    WHERE down.to_area = :area_id
    GROUP BY up.to_area
)
SELECT DISTINCT ON (b.vintage) b.id, b.vintage, b.code, b.name, f.exact
FROM (SELECT * FROM direct UNION ALL SELECT * FROM shared) AS f
JOIN area b ON b.id = f.id
WHERE b.vintage <> (SELECT vintage FROM area WHERE id = :area_id)
ORDER BY b.vintage, f.exact DESC, f.published DESC, f.weight DESC, b.code
