-- Opens the release that the statements after it fill, in the same transaction.
INSERT INTO release (number, actor, because, figures)
SELECT :number, :actor, :because, count(*) FROM estimate
