-- The figures of some categories of an indicator in one vintage and period of a release, in order of
-- category and area code. Every area of the edition is listed (where the vintage has no edition, every
-- area with a figure); one without a figure is withheld because there is no data. Keyset paging.
WITH wanted AS (
    SELECT s.id, s.category
    FROM series s
    JOIN release_series r ON r.series_id = s.id AND r.release = :number
    WHERE (s.indicator, s.vintage, s.period) = (:indicator, :vintage, :period)
      AND s.category = ANY (CAST(:categories AS text[]))
), places AS (
    SELECT area_id FROM edition_area WHERE edition_id = CAST(:edition_id AS int)
    UNION
    SELECT f.area_id FROM figure f JOIN wanted w ON w.id = f.series_id
    WHERE CAST(:edition_id AS int) IS NULL
)
SELECT a.id, a.code AS area_code, a.name, w.category, f.value, f.lower, f.upper, f.numerator,
       f.denominator, coalesce(f.status, 'withheld') AS status,
       CASE WHEN f.status IS NULL THEN 'no_data' ELSE f.reason END AS reason
FROM places p
JOIN area a ON a.id = p.area_id
CROSS JOIN wanted w
LEFT JOIN figure f ON f.area_id = p.area_id AND f.series_id = w.id
WHERE (CAST(:within AS int[]) IS NULL OR a.id = ANY (CAST(:within AS int[])))
  AND (CAST(:after_code AS text) IS NULL
       OR (w.category, a.code) > (CAST(:after_category AS text), CAST(:after_code AS text)))
ORDER BY w.category, a.code
LIMIT :limit
