-- The figures of some series for some areas: of each series its id, and in the binary form of arrays
-- the areas, the five numbers (NaN for none), and status and reason as places in :statuses, :reasons
-- (from 1; 0 for none). A row for each figure would take ten times as long to receive.
SELECT series_id,
       array_send(array_agg(area_id)),
       array_send(array_agg(coalesce(value, 'NaN'))),
       array_send(array_agg(coalesce(lower, 'NaN'))),
       array_send(array_agg(coalesce(upper, 'NaN'))),
       array_send(array_agg(coalesce(numerator, 'NaN'))),
       array_send(array_agg(coalesce(denominator, 'NaN'))),
       array_send(array_agg(coalesce(array_position(CAST(%(statuses)s AS text[]), status), 0))),
       array_send(array_agg(coalesce(array_position(CAST(%(reasons)s AS text[]), reason), 0)))
FROM figure
WHERE area_id = ANY (CAST(%(area_ids)s AS int[])) AND series_id = ANY (CAST(%(series_ids)s AS int[]))
GROUP BY series_id
