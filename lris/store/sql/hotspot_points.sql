-- Where and on which day the incidents of a source's current deliveries happened, between two days: one
-- row for each delivery, its incidents packed: eastings and northings as doubles (NaN where no place is
-- known), days since 1970 as four bytes and places in the list of categories as two. Packed they come in
-- a fifth of the time that rows take, and are counted by map point in a tenth of what sorting here would
-- take. Only deliveries of the access levels given, only the categories given, and of what lies
-- somewhere only what lies in the rectangle.
SELECT d.id AS delivery, packed.*
FROM delivery d
CROSS JOIN LATERAL (
    SELECT string_agg(float8send(coalesce(ST_X(n.geom), 'NaN')), '') AS eastings,
           string_agg(float8send(coalesce(ST_Y(n.geom), 'NaN')), '') AS northings,
           string_agg(int4send(CAST(n.starts AS date) - DATE '1970-01-01'), '') AS days,
           string_agg(int2send(CAST(array_position(CAST(:categories AS text[]), n.category) - 1
                                    AS int2)), '') AS categories
    FROM incident n
    WHERE n.delivery_id = d.id
      AND n.starts >= CAST(:after AS date)
      AND n.starts < CAST(:before AS date)
      AND n.category = ANY (CAST(:categories AS text[]))
      AND (n.geom IS NULL OR n.geom && ST_MakeEnvelope(:west, :south, :east, :north, 27700))
) packed
WHERE d.source = :source
  AND d.state = 'current'
  AND d.access = ANY (CAST(:levels AS text[]))
  AND (CAST(:deliveries AS int[]) IS NULL OR d.id = ANY (CAST(:deliveries AS int[])))
  AND d.period_start < CAST(:before AS date)
  AND d.period_end >= CAST(:after AS date)
  AND packed.eastings IS NOT NULL
ORDER BY d.id
