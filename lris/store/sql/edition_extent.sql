-- West, south, east and north in degrees of an edition, from its coarsest display copies.
SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
FROM (
    SELECT ST_Extent(d.geom) AS box
    FROM display d
    WHERE d.edition_id = :edition_id
      AND d.tolerance_m = (SELECT max(tolerance_m) FROM display WHERE edition_id = :edition_id)
      AND (CAST(:within AS int[]) IS NULL OR d.area_id = ANY (CAST(:within AS int[])))
) AS found
