-- Opens the release that the statements after it fill, in the same transaction. Everybody may see the
-- list of releases, so the figures counted there are those that everybody may see.
INSERT INTO release (number, actor, because, figures)
SELECT :number, :actor, :because, count(*)
FROM estimate e
JOIN estimate_series s ON s.id = e.series_id
WHERE s.access = 0
