-- What is open at a place, the newest first where it is one place. Everything that boards and figures ask of an open case stands in the
-- index, so that neither has to open the case itself: a board shows ten of them, however many there are.
DROP INDEX case_open_place;
CREATE INDEX case_open_place ON case_file (district_id, place_path, id, state, clock, due_at, public, common_part)
    WHERE closed_at IS NULL;

-- What was solved lately at a place, the latest first.
DROP INDEX case_closed_place;
CREATE INDEX case_closed_place ON case_file (district_id, place_path, closed_at, id, state, public, common_part)
    WHERE closed_at IS NOT NULL;
