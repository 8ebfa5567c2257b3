-- Copies the figures of the series that are new in this release into its own part of the table.
-- Indexed after it is filled and then attached, it takes a third of the time.
CREATE TABLE {part} (LIKE figure INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
INSERT INTO {part} (series_id, area_id, value, lower, upper, numerator, denominator, status,
                    reason, access)
SELECT s.id, f.area_id, f.value, f.lower, f.upper, f.numerator, f.denominator, f.status,
       f.reason, s.access
FROM series s
JOIN estimate_series e
  ON (s.indicator, s.vintage, s.category, s.period, s.digest)
   = (e.indicator, e.vintage, e.category, e.period, e.digest)
JOIN estimate f ON f.series_id = e.id
WHERE s.first_release = {number};
ALTER TABLE {part} ADD PRIMARY KEY (series_id, area_id),
    ADD CONSTRAINT of_release CHECK (series_id >= {first} AND series_id < {end});
CREATE INDEX ON {part} (area_id, series_id);
ALTER TABLE figure ATTACH PARTITION {part} FOR VALUES FROM ({first}) TO ({end});
ALTER TABLE {part} DROP CONSTRAINT of_release;
CREATE TRIGGER sealed_late BEFORE INSERT ON {part}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('the release is sealed');
CREATE TRIGGER sealed_whole BEFORE TRUNCATE ON {part}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('the release is sealed');
