-- Whether the first who took it did so within what was promised then (及时响应). NULL: nobody took it yet, or nothing was promised.
ALTER TABLE case_file ADD COLUMN answered_in_time BOOLEAN;
-- How often its reporter said that it is not fixed; an officer's reopening is not among it.
ALTER TABLE case_file ADD COLUMN not_fixed_count INTEGER NOT NULL DEFAULT 0;

-- What was promised when it was taken: the last line before it, else what the first later one says stood before.
UPDATE case_file SET answered_in_time = taken_at <= CASE
    WHEN EXISTS (SELECT 1 FROM journal j WHERE j.district_id = case_file.district_id AND j.subject_id = case_file.id
                 AND j.kind IN ('cases.reported', 'cases.deadline_moved') AND j.at <= case_file.taken_at)
    THEN (SELECT json_extract(j.facts, '$.due_at') FROM journal j
          WHERE j.district_id = case_file.district_id AND j.subject_id = case_file.id
            AND j.kind IN ('cases.reported', 'cases.deadline_moved') AND j.at <= case_file.taken_at ORDER BY j.seq DESC LIMIT 1)
    WHEN EXISTS (SELECT 1 FROM journal j WHERE j.district_id = case_file.district_id AND j.subject_id = case_file.id
                 AND j.kind = 'cases.deadline_moved')
    THEN (SELECT json_extract(j.facts, '$.due_before') FROM journal j
          WHERE j.district_id = case_file.district_id AND j.subject_id = case_file.id
            AND j.kind = 'cases.deadline_moved' ORDER BY j.seq LIMIT 1)
    ELSE NULLIF(due_at, 9223372036854775807) END
WHERE taken_at IS NOT NULL;

UPDATE case_file SET not_fixed_count = (
    SELECT COUNT(*) FROM journal j WHERE j.district_id = case_file.district_id AND j.subject_id = case_file.id
    AND j.kind = 'cases.reopened' AND json_extract(j.facts, '$.from') = 'awaiting_confirmation')
WHERE reopened_count > 0;

-- What was answered or is being checked is looked at once, and then has its time; a hold without a day has the longest there is.
UPDATE case_file SET wake_at = state_since
WHERE state IN ('feedback', 'closing_check') AND closed_at IS NULL AND external_system IS NULL AND wake_at IS NULL;
UPDATE case_file SET wake_at = state_since + 31622400000000 WHERE state = 'suspended' AND closed_at IS NULL AND wake_at IS NULL;

-- What was overdue, answered and sent back was told to nobody any more.
UPDATE case_file SET overdue_at = NULL
WHERE overdue_at IS NOT NULL AND wake_at IS NULL AND clock = 'running' AND closed_at IS NULL AND state_since > overdue_at;

-- A hold ended when the case did.
UPDATE case_pause SET to_at = (SELECT COALESCE(f.closed_at, f.state_since) FROM case_file f
                               WHERE f.district_id = case_pause.district_id AND f.id = case_pause.case_id)
WHERE to_at IS NULL AND EXISTS (SELECT 1 FROM case_file f WHERE f.district_id = case_pause.district_id AND f.id = case_pause.case_id
                                AND f.state <> 'suspended');

-- What runs out for the city next: the wall and the handover of a desk.
CREATE INDEX hotline_ticket_due ON hotline_ticket (district_id, city_due_at) WHERE city_due_at IS NOT NULL;
