-- All ways of a case: it may go on as another case, end in ways that are counted apart, wait, and be told upwards.

-- The case it goes on as (并案、并入).
ALTER TABLE case_file ADD COLUMN merged_into UUID;
-- How it ended: confirmed, lapsed, checked, void, merged, joined; NULL while open and for what a file says was closed.
ALTER TABLE case_file ADD COLUMN ended_how TEXT;
-- What the reporter said of it: satisfied, fair, dissatisfied.
ALTER TABLE case_file ADD COLUMN rating TEXT;
-- When somebody took it first: the response.
ALTER TABLE case_file ADD COLUMN taken_at BIGINT;
-- When the program looks at it by itself: the next level is told, a wait ends, or silence closes it.
ALTER TABLE case_file ADD COLUMN wake_at BIGINT;

CREATE INDEX case_wake ON case_file (district_id, wake_at) WHERE wake_at IS NOT NULL;

CREATE INDEX case_merged ON case_file (district_id, merged_into) WHERE merged_into IS NOT NULL;

-- Stretches in which the clock of a case stood (暂停办理). `to_at` is NULL while it lasts.
CREATE TABLE case_pause (
    district_id  BIGINT NOT NULL,
    case_id      UUID    NOT NULL,
    from_at      BIGINT NOT NULL,
    to_at        BIGINT,
    PRIMARY KEY (district_id, case_id, from_at),
    FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
);

-- What waits for its reporter, or is overdue, is looked at once, and then has its time.
UPDATE case_file SET wake_at = state_since WHERE state = 'awaiting_confirmation' AND external_system IS NULL;
UPDATE case_file SET wake_at = overdue_at WHERE overdue_at IS NOT NULL AND clock = 'running' AND closed_at IS NULL;
