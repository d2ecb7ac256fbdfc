-- What the city fetches: how a step ended is a word of its own (结果), and so is why there is no photo; what was written stands alone.
ALTER TABLE hotline_outbox ADD COLUMN outcome TEXT;
ALTER TABLE hotline_outbox ADD COLUMN no_photo_because TEXT;
UPDATE hotline_outbox SET outcome = 'reached', words = SUBSTR(words, 9) WHERE step = 'contacted' AND words LIKE 'reached：%';
UPDATE hotline_outbox SET outcome = 'no_answer', words = SUBSTR(words, 11) WHERE step = 'contacted' AND words LIKE 'no_answer：%';
UPDATE hotline_outbox SET outcome = 'refused', words = SUBSTR(words, 9) WHERE step = 'contacted' AND words LIKE 'refused：%';
UPDATE hotline_outbox SET outcome = 'elsewhere', words = SUBSTR(words, 11) WHERE step = 'closed' AND words LIKE 'elsewhere：%';
UPDATE hotline_outbox SET outcome = words, words = '' WHERE step = 'closed' AND words IN ('lapsed', 'elsewhere', 'satisfied', 'fair', 'dissatisfied');

-- What a desk passed on with a note (已转公安，记一笔) is a line of the journal among very many others; the page of the handover reads these few.
CREATE INDEX journal_passed_on ON journal (district_id, seq) WHERE kind = 'duty.passed_on';
