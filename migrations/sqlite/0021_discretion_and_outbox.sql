-- What is said about those who work in a house is kept from them (回避): roles by the class of the case, persons whom its words name, one
-- word each with blanks between. NULL: from nobody.
ALTER TABLE case_file ADD COLUMN kept_from TEXT;
UPDATE case_file SET kept_from = 'life_steward red_steward property_manager property_desk guard' WHERE class = 'conduct';
UPDATE case_file SET kept_from = 'life_steward guard' WHERE class = 'service';

-- Who made a link of an organisation: whoever could have acted by it does not judge what was done by it.
ALTER TABLE unit_link ADD COLUMN made_by BLOB;

-- What was written for the city is kept for a stated time; the step stays.
ALTER TABLE hotline_outbox ADD COLUMN erased_at INTEGER;
CREATE INDEX hotline_outbox_words ON hotline_outbox (district_id, told_at) WHERE erased_at IS NULL;

-- Public cases of one class in the order of their reports: a class of which there are few is not looked for among all others.
CREATE INDEX case_public_class ON case_file (district_id, class, id) WHERE public = TRUE AND common_part = TRUE;
