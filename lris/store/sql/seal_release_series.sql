-- Lists the series of the release: the new ones, and those shared with earlier releases.
INSERT INTO release_series (release, series_id)
SELECT :number, max(s.id)
FROM estimate_series e
JOIN series s
  ON (s.indicator, s.vintage, s.category, s.period, s.unit, s.access, s.digest)
   = (e.indicator, e.vintage, e.category, e.period, e.unit, e.access, e.digest)
 AND s.denominator IS NOT DISTINCT FROM e.denominator
GROUP BY e.id
