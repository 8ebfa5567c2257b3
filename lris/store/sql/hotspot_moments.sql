-- From when to when each incident of a source's current deliveries happened, as far as it is known,
-- and where: starts, ends (the first moment after it), category, easting, northing. One row each.
SELECT n.starts, n.ends, n.category, ST_X(n.geom) AS easting, ST_Y(n.geom) AS northing
FROM delivery d
JOIN incident n ON n.delivery_id = d.id
WHERE d.source = %(source)s
  AND d.state = 'current'
  AND d.access = ANY (%(levels)s::text[])
  AND (%(deliveries)s::int[] IS NULL OR d.id = ANY (%(deliveries)s::int[]))
  AND d.period_start < %(before)s::date
  AND d.period_end >= %(after)s::date
  AND n.starts >= %(after)s::date
  AND n.starts < %(before)s::date
  AND n.category = ANY (%(categories)s::text[])
  AND (n.geom IS NULL OR n.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 27700))
ORDER BY d.id, n.row
