-- How often somebody was told that a matter is taken up elsewhere (告知其他途径): of those no case comes, only this count.
ALTER TABLE case_day ADD COLUMN told_elsewhere BIGINT NOT NULL DEFAULT 0;

-- What the days were folded from says it already, for the place and everything above it up to the district.
INSERT INTO case_day (district_id, place_path, day, reported, closed, confirmed, reopened, told_elsewhere)
SELECT j.district_id, substr(j.place_path, 1, w.width), (j.at + 28800000000) / 86400000000, 0, 0, 0, 0, COUNT(*)
FROM journal j
JOIN journal_cursor f ON f.district_id = j.district_id AND f.reader = 'cases.figures' AND j.seq <= f.seq
JOIN (SELECT 8 AS width UNION ALL SELECT 12 UNION ALL SELECT 16 UNION ALL SELECT 20 UNION ALL SELECT 24 UNION ALL SELECT 28) w
    ON w.width <= length(j.place_path)
WHERE j.kind = 'cases.told_elsewhere'
GROUP BY 1, 2, 3
ON CONFLICT (district_id, place_path, day) DO UPDATE SET told_elsewhere = excluded.told_elsewhere;

-- Under which appointment the link of an organisation was made: it opens while that is in force, or somebody else has the role at its place.
-- NULL: made before that was written down; it opens until its days are over.
ALTER TABLE unit_link ADD COLUMN made_under UUID;
ALTER TABLE unit_link ADD COLUMN made_role TEXT;

-- Until when the city wants the answer to a ticket of its hotline, beside what was promised here: a desk goes by the earlier of the two.
ALTER TABLE case_file ADD COLUMN city_due_at BIGINT;
UPDATE case_file SET city_due_at = (SELECT t.city_due_at FROM hotline_ticket t
    WHERE t.district_id = case_file.district_id AND t.case_id = case_file.id)
    WHERE EXISTS (SELECT 1 FROM hotline_ticket t
        WHERE t.district_id = case_file.district_id AND t.case_id = case_file.id);
CREATE INDEX case_open_limit ON case_file (district_id, clock, (CASE WHEN city_due_at < due_at THEN city_due_at ELSE due_at END), id)
    WHERE closed_at IS NULL;
