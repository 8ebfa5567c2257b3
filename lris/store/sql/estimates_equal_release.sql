-- Whether the estimates are, series by series and figure by figure (by digest), those of a release.
SELECT NOT EXISTS (
    (SELECT indicator, vintage, category, period, unit, denominator, access, digest
     FROM estimate_series
     EXCEPT
     SELECT s.indicator, s.vintage, s.category, s.period, s.unit, s.denominator, s.access, s.digest
     FROM series s JOIN release_series r ON r.series_id = s.id WHERE r.release = :number)
    UNION ALL
    (SELECT s.indicator, s.vintage, s.category, s.period, s.unit, s.denominator, s.access, s.digest
     FROM series s JOIN release_series r ON r.series_id = s.id WHERE r.release = :number
     EXCEPT
     SELECT indicator, vintage, category, period, unit, denominator, access, digest
     FROM estimate_series)
)
