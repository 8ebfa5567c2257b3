-- The areas of other vintages that an area lies in: (vintage, code, name, exact), best link first.
SELECT DISTINCT ON (b.vintage) b.id, b.vintage, b.code, b.name, l.exact
FROM current_link l
JOIN area b ON b.id = l.to_area
WHERE l.from_area = :area_id
ORDER BY b.vintage, l.exact DESC, (l.delivery_id IS NOT NULL) DESC, l.share DESC NULLS LAST, b.code
