-- Adds the series whose figures differ from any already sealed.
INSERT INTO series (indicator, vintage, category, period, period_start, period_end, unit,
                    denominator, access, sources, deliveries, digest, first_release)
SELECT e.indicator, e.vintage, e.category, e.period, e.period_start, e.period_end, e.unit,
       e.denominator, e.access, e.sources, e.deliveries, e.digest, :number
FROM estimate_series e
WHERE NOT EXISTS (
    SELECT FROM series s
    WHERE (s.indicator, s.vintage, s.category, s.period, s.unit, s.access, s.digest)
        = (e.indicator, e.vintage, e.category, e.period, e.unit, e.access, e.digest)
      AND s.denominator IS NOT DISTINCT FROM e.denominator
)
