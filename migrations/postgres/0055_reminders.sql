-- How often the same post has been reminded of a visit since it was told (提醒次数): who has nobody above is told again and again, and that is a number
-- and no line of the journal.
ALTER TABLE care_visit ADD COLUMN reminded BIGINT NOT NULL DEFAULT 0;
