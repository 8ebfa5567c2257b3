-- Every figure of a release for one area, with what each is of; newest period first.
SELECT s.indicator, s.category, s.period, s.period_start, s.period_end, s.unit,
       s.denominator AS denominator_words, s.sources, f.value, f.lower, f.upper, f.numerator,
       f.denominator, f.status, f.reason
FROM figure f
JOIN series s ON s.id = f.series_id
JOIN release_series r ON r.series_id = s.id AND r.release = :number
WHERE f.area_id = :area_id
ORDER BY s.indicator, s.category, s.period_end DESC, s.period_start DESC
