-- Every figure of some indicators of a release for some areas, with what each is of; newest period first.
SELECT f.area_id, s.indicator, s.category, s.period, s.period_start, s.period_end, s.unit,
       s.denominator AS denominator_words, s.sources, f.value, f.lower, f.upper, f.numerator,
       f.denominator, f.status, f.reason
FROM figure f
JOIN series s ON s.id = f.series_id
JOIN release_series r ON r.series_id = s.id AND r.release = :number
WHERE f.area_id = ANY (CAST(:area_ids AS int[]))
  AND s.indicator = ANY (CAST(:indicators AS text[]))
ORDER BY s.indicator, s.category, s.period_end DESC, s.period_start DESC
