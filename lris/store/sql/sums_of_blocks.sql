-- The figures of some series of a release added up over some areas, one row a series: how many have a
-- number and their sum (the numerator, or the value where there is none), the same of denominators,
-- and why there is doubt: (series_id, parts, part, denominators, denominator, estimated, incomplete,
-- why_estimated, why_lost, why_undivided). A reason is its place in the order given.
SELECT f.series_id,
       count(n.part) AS parts,
       sum(n.part) AS part,
       count(f.denominator) AS denominators,
       sum(f.denominator) AS denominator,
       bool_or(f.status = 'estimated' AND n.part IS NOT NULL) AS estimated,
       bool_or(f.status = 'incomplete' AND n.part IS NOT NULL) AS incomplete,
       min(n.why) FILTER (WHERE f.status = 'estimated' AND n.part IS NOT NULL) AS why_estimated,
       min(n.why) FILTER (WHERE n.part IS NULL) AS why_lost,
       min(n.why) FILTER (WHERE f.denominator IS NULL) AS why_undivided
FROM unnest(CAST(:series AS int[])) AS wanted (id)
JOIN figure f ON f.series_id = wanted.id AND f.area_id = ANY (CAST(:blocks AS int[]))
CROSS JOIN LATERAL (
    SELECT coalesce(f.numerator, f.value) AS part,
           array_position(CAST(:reasons AS text[]), f.reason) AS why
) n
GROUP BY f.series_id
