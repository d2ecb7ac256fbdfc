-- Where a case was reported, when its class is heard higher up and it hangs there: corrected back it goes back. NULL: where it hangs.
ALTER TABLE case_file ADD COLUMN reported_place TEXT;
CREATE INDEX case_reported_place ON case_file (district_id, reported_place) WHERE reported_place IS NOT NULL;

-- Under which appointments somebody has open cases: when one is over they go to somebody else.
CREATE INDEX case_owner_appointment ON case_file (district_id, owner_appointment, id)
    WHERE closed_at IS NULL AND owner_appointment IS NOT NULL;
