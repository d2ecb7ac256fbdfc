-- The claims and codes of one home (认领) are looked up when a new code is used and when they are ended; the sessions of a claim end with it.
CREATE INDEX home_claim_place ON home_claim (district_id, place_path) WHERE released_at IS NULL;
CREATE INDEX claim_code_place ON claim_code (district_id, place_path) WHERE used_at IS NULL;
CREATE INDEX session_claim ON session (claim_district, claim_id) WHERE claim_id IS NOT NULL;
