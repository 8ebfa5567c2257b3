-- One GeoJSON FeatureCollection (text) of an edition's display copies; ids are the stable integers.
SELECT '{"type":"FeatureCollection","features":[' || coalesce(string_agg(
    '{"type":"Feature","id":' || a.id
    || ',"properties":{"code":' || to_json(a.code) || ',"name":' || to_json(a.name)
    || ',"fictional":' || (a.code ~ :fictional)
    || '},"geometry":' || ST_AsGeoJSON(d.geom, 5) || '}', ',' ORDER BY a.code), '') || ']}'
FROM display d
JOIN area a ON a.id = d.area_id
WHERE d.edition_id = :edition_id AND d.tolerance_m = :tolerance_m
  AND (CAST(:within AS int[]) IS NULL OR d.area_id = ANY (CAST(:within AS int[])))
