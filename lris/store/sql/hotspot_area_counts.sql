-- The placed incidents of a source's current deliveries counted by area of one vintage, month and
-- category, between two months: month, category, area_id, incidents. Only deliveries of the access
-- levels given, and only the areas given.
SELECT c.month, c.category, c.area_id, sum(c.incidents)::bigint AS incidents
FROM delivery d
JOIN incident_count c ON c.delivery_id = d.id
WHERE d.source = %(source)s
  AND d.state = 'current'
  AND d.access = ANY (%(levels)s::text[])
  AND (%(deliveries)s::int[] IS NULL OR d.id = ANY (%(deliveries)s::int[]))
  AND c.vintage = %(vintage)s
  AND c.month >= %(after)s::date
  AND c.month < %(before)s::date
  AND c.category = ANY (%(categories)s::text[])
  AND c.area_id = ANY (%(areas)s::int[])
GROUP BY c.month, c.category, c.area_id
