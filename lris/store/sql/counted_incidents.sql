-- Incidents of the current deliveries of a source in a vintage: month, category, and the areas with how
-- many in each, as two lists of numbers with commas between. As a row an area they take ten times as
-- long to read.
WITH counted AS (
    SELECT c.month, c.category, c.area_id, sum(c.incidents) AS incidents
    FROM incident_count c
    JOIN delivery d ON d.id = c.delivery_id AND d.state = 'current' AND d.source = :source
    WHERE c.vintage = :vintage
    GROUP BY c.month, c.category, c.area_id
)
SELECT month, category,
       string_agg(CAST(area_id AS text), ',' ORDER BY area_id),
       string_agg(CAST(incidents AS text), ',' ORDER BY area_id)
FROM counted
GROUP BY month, category
ORDER BY month, category
