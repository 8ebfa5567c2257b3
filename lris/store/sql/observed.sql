-- Every current value of one measure of a source, one row for each vintage, period and category, with
-- arrays by area: (vintage, period, category, deliveries, area_ids, values, withheld). Where several
-- current deliveries give the same cell, the newest wins.
WITH newest AS (
    SELECT DISTINCT ON (o.category, o.period, o.area_id)
           a.vintage, o.period, o.category, o.delivery_id, o.area_id, o.value, o.withheld
    FROM observation o
    JOIN delivery d ON d.id = o.delivery_id AND d.state = 'current' AND d.source = :source
    JOIN area a ON a.id = o.area_id
    WHERE o.measure = :measure
    ORDER BY o.category, o.period, o.area_id, o.delivery_id DESC
)
SELECT vintage, period, category, array_agg(DISTINCT delivery_id),
       array_agg(area_id ORDER BY area_id),
       array_agg(value ORDER BY area_id),
       array_agg(withheld ORDER BY area_id)
FROM newest
GROUP BY vintage, period, category
ORDER BY vintage, period, category
