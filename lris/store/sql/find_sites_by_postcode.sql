-- Gives current sites (of one delivery; or those whose postcode is in a directory, or was in the one
-- that it replaces; or all) the areas that the current directories put their
-- postcode in (of directories that disagree, the newest edition is believed) and, where the publisher
-- gives no point, the point of the postcode from the newest edition that has one. Sites that stay as
-- they are are not touched. Each postcode is looked up by itself: joined as a whole, the planner, which
-- knows nothing of rows just copied, reads millions of postcodes for each site.
WITH wanted AS MATERIALIZED (
    SELECT DISTINCT s.postcode
    FROM site s JOIN delivery d ON d.id = s.delivery_id AND d.state = 'current'
    WHERE (CAST(:delivery_id AS int) IS NULL OR s.delivery_id = :delivery_id)
      AND (CAST(:directory_id AS int) IS NULL OR EXISTS (
          SELECT FROM postcode p
          WHERE p.postcode = s.postcode
            AND (p.delivery_id = :directory_id OR p.delivery_id IN (
                SELECT id FROM delivery WHERE superseded_by = :directory_id))))
), found AS MATERIALIZED (
    SELECT w.postcode,
           (SELECT p.geom FROM current_postcode p JOIN current_directory c USING (delivery_id)
            WHERE p.postcode = w.postcode AND p.geom IS NOT NULL
            ORDER BY c.edition_end DESC, p.delivery_id DESC LIMIT 1) AS geom,
           ARRAY(SELECT DISTINCT ON (v.vintage) v.area_id
                 FROM current_postcode p JOIN current_directory c USING (delivery_id)
                 CROSS JOIN LATERAL unnest(c.vintages, p.areas) AS v (vintage, area_id)
                 WHERE p.postcode = w.postcode AND v.area_id <> 0
                 ORDER BY v.vintage, c.edition_end DESC, p.delivery_id DESC) AS areas
    FROM wanted w
)
UPDATE site s
SET geom = CASE WHEN s.route = 'publisher' THEN s.geom ELSE f.geom END,
    route = CASE WHEN s.route = 'publisher' THEN 'publisher'
                 WHEN f.geom IS NULL THEN 'none' ELSE 'postcode' END,
    areas = f.areas
FROM found f, delivery d
WHERE s.postcode = f.postcode AND d.id = s.delivery_id AND d.state = 'current'
  AND (CAST(:delivery_id AS int) IS NULL OR s.delivery_id = :delivery_id)
  AND (s.areas <> f.areas OR s.route <> 'publisher' AND s.geom IS DISTINCT FROM f.geom)
