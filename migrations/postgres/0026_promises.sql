-- What a case was promised under stays with it (承诺时限): the term of its class as the rules had it on the day it was set, and what was
-- given beyond it (延期), in order. Its promise is these terms one after the other, without the pauses.
ALTER TABLE case_file ADD COLUMN clock_term TEXT;
ALTER TABLE case_file ADD COLUMN clock_rule TEXT;
-- The calendar under which the promise was computed last.
ALTER TABLE case_file ADD COLUMN due_calendar TEXT;
-- How many rows of case_extension it has.
ALTER TABLE case_file ADD COLUMN extensions BIGINT NOT NULL DEFAULT 0;

CREATE TABLE case_extension (
    district_id  BIGINT NOT NULL,
    case_id      UUID    NOT NULL,
    position     BIGINT NOT NULL,
    clock_code   TEXT    NOT NULL,
    -- NULL: from before terms were kept; the pack of the day it was given says it.
    clock_term   TEXT,
    clock_rule   TEXT,
    -- The promise before it; when it was given, where nothing was promised.
    from_at      BIGINT NOT NULL,
    given_at     BIGINT NOT NULL,
    PRIMARY KEY (district_id, case_id, position),
    FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
);

-- Open cases from before terms were kept.
CREATE INDEX case_without_term ON case_file (district_id, id)
    WHERE closed_at IS NULL AND clock_code IS NOT NULL AND clock_term IS NULL;

-- An extension stood in the place of the clock: since the last reopening the journal has what was given, and under what before it.
INSERT INTO case_extension (district_id, case_id, position, clock_code, clock_rule, from_at, given_at)
SELECT j.district_id, j.subject_id, ROW_NUMBER() OVER (PARTITION BY j.district_id, j.subject_id ORDER BY j.seq),
       j.facts::jsonb ->> 'clock', j.facts::jsonb ->> 'clock_rule',
       COALESCE((j.facts::jsonb ->> 'due_before')::bigint, j.at), j.at
FROM journal j JOIN case_file f ON f.district_id = j.district_id AND f.id = j.subject_id
WHERE j.kind = 'cases.deadline_moved' AND (j.facts::jsonb ->> 'why') = 'extended' AND f.clock_code IS NOT NULL
  AND j.seq > COALESCE((SELECT MAX(r.seq) FROM journal r
                        WHERE r.district_id = j.district_id AND r.subject_id = j.subject_id AND r.kind = 'cases.reopened'), 0);

UPDATE case_file SET
    extensions = (SELECT COUNT(*) FROM case_extension e WHERE e.district_id = case_file.district_id AND e.case_id = case_file.id),
    clock_code = (SELECT j.facts::jsonb ->> 'clock' FROM journal j
                  WHERE j.district_id = case_file.district_id AND j.subject_id = case_file.id
                    AND (j.kind = 'cases.reported' OR j.kind = 'cases.deadline_moved' AND (j.facts::jsonb ->> 'why') <> 'extended')
                    AND j.at <= (SELECT MIN(e.given_at) FROM case_extension e
                                 WHERE e.district_id = case_file.district_id AND e.case_id = case_file.id)
                  ORDER BY j.seq DESC LIMIT 1),
    clock_from = COALESCE((SELECT j.at FROM journal j
                           WHERE j.district_id = case_file.district_id AND j.subject_id = case_file.id
                             AND j.kind IN ('cases.reported', 'cases.reopened')
                             AND j.at <= (SELECT MIN(e.given_at) FROM case_extension e
                                          WHERE e.district_id = case_file.district_id AND e.case_id = case_file.id)
                           ORDER BY j.seq DESC LIMIT 1), reported_at)
WHERE EXISTS (SELECT 1 FROM case_extension e WHERE e.district_id = case_file.district_id AND e.case_id = case_file.id);
