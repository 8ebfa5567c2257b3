-- The figures of one series of a release, in order of area code. Every area of the edition is listed
-- (or, where the vintage has no edition, every area with a figure); one without a figure is withheld
-- because there is no data. Keyset paging by code.
WITH wanted AS (
    SELECT s.id
    FROM series s
    JOIN release_series r ON r.series_id = s.id AND r.release = :number
    WHERE (s.indicator, s.vintage, s.category, s.period)
        = (:indicator, :vintage, :category, :period)
), places AS (
    SELECT area_id FROM edition_area WHERE edition_id = CAST(:edition_id AS int)
    UNION
    SELECT f.area_id FROM figure f JOIN wanted w ON w.id = f.series_id
)
SELECT a.code AS area_code, a.name, f.value, f.lower, f.upper, f.numerator, f.denominator,
       coalesce(f.status, 'withheld') AS status,
       CASE WHEN f.status IS NULL THEN 'no_data' ELSE f.reason END AS reason
FROM places p
JOIN area a ON a.id = p.area_id
LEFT JOIN figure f ON f.area_id = p.area_id AND f.series_id = (SELECT id FROM wanted)
WHERE (CAST(:within AS int[]) IS NULL OR a.id = ANY (CAST(:within AS int[])))
  AND (CAST(:after AS text) IS NULL OR a.code > CAST(:after AS text))
ORDER BY a.code
LIMIT :limit
