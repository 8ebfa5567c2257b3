-- The current links from one vintage to another, an exact look-up in preference to a best fit, and a
-- published one in preference to one worked out from outlines: (from_area, to_area, change, exact,
-- from_code, to_code).
WITH found AS (
    SELECT l.from_area, l.to_area, l.change, l.exact, a.code AS from_code, b.code AS to_code,
           CAST(l.exact AS int) * 2 + CAST(l.delivery_id IS NOT NULL AS int) AS rank
    FROM current_link l
    JOIN area a ON a.id = l.from_area AND a.vintage = :from_vintage
    JOIN area b ON b.id = l.to_area AND b.vintage = :to_vintage
), best AS (
    SELECT from_area, max(rank) AS rank FROM found GROUP BY from_area
)
SELECT from_area, to_area, max(change) AS change, bool_and(exact) AS exact, from_code, to_code
FROM found JOIN best USING (from_area, rank)
GROUP BY from_area, to_area, from_code, to_code
ORDER BY from_area, to_area
