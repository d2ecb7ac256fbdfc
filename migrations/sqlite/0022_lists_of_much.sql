-- Lists that were few rows among very many: none of these indexes is written when a case is reported.

-- What waits for the word of the reporter, what was promised first on top: a list of the desk.
CREATE INDEX case_waiting ON case_file (district_id, due_at, id) WHERE state = 'awaiting_confirmation' AND closed_at IS NULL;

-- What of the closed is public, the newest report on top: a list of Open311.
CREATE INDEX case_public_closed ON case_file (district_id, id) WHERE public = TRUE AND common_part = TRUE AND closed_at IS NOT NULL;
