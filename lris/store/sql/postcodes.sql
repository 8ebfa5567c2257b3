-- What the current directories have of some postcodes, a row for each directory that has it; the
-- newest edition first. `areas` are ids in the order of the directory's vintages, 0 for none.
SELECT p.postcode, p.delivery_id, p.introduced, p.ended, p.quality, p.areas,
       ST_X(p.geom) AS x, ST_Y(p.geom) AS y
FROM current_postcode p
JOIN current_directory d ON d.delivery_id = p.delivery_id
WHERE p.postcode = ANY (CAST(:asked AS text[]))
ORDER BY p.postcode, d.edition_end DESC, p.delivery_id DESC
