-- Copies the figures of the series that are new in this release.
INSERT INTO figure (series_id, area_id, value, lower, upper, numerator, denominator, status,
                    reason, access)
SELECT s.id, f.area_id, f.value, f.lower, f.upper, f.numerator, f.denominator, f.status,
       f.reason, s.access
FROM series s
JOIN estimate_series e
  ON (s.indicator, s.vintage, s.category, s.period, s.digest)
   = (e.indicator, e.vintage, e.category, e.period, e.digest)
JOIN estimate f ON f.series_id = e.id
WHERE s.first_release = :number
ORDER BY s.id, f.area_id
