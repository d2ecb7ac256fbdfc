-- The plan (救治方案): who may step down, how many vehicles a grid has free, and what was made of suggestions. Of the plan itself nothing is kept.

-- Somebody in a bed who may step down (可下转), as the house says. What must go on elsewhere is sealed, and gone when it is over.
CREATE TABLE step_down (
    district_id  INTEGER NOT NULL,
    referral_id  BLOB    NOT NULL,
    attempt      INTEGER NOT NULL,
    bed_type     TEXT    NOT NULL,
    needs        TEXT    NOT NULL,
    grid_kind    TEXT    NOT NULL,
    consent      TEXT    NOT NULL,
    sealed       BLOB,
    marked_at    INTEGER NOT NULL,
    marked_by    TEXT    NOT NULL,
    -- The referral by which it is asked for.
    asked_id     BLOB,
    over_at      INTEGER,
    PRIMARY KEY (district_id, referral_id, attempt),
    CONSTRAINT step_down_of FOREIGN KEY (district_id, referral_id, attempt)
        REFERENCES inbound_referral (district_id, referral_id, attempt)
) STRICT, WITHOUT ROWID;

-- Vehicles that a grid has free (可用转运车辆), as it told last.
CREATE TABLE grid_fleet (
    district_id  INTEGER NOT NULL,
    grid_id      BLOB    NOT NULL,
    vehicles     INTEGER NOT NULL,
    told_at      INTEGER NOT NULL,
    told_by      TEXT    NOT NULL,
    PRIMARY KEY (district_id, grid_id),
    CONSTRAINT grid_fleet_of FOREIGN KEY (district_id, grid_id) REFERENCES treatment_grid (district_id, id)
) STRICT, WITHOUT ROWID;

-- What somebody made of a suggestion: by whom, which bed, and what had been suggested, with what going without it costs.
CREATE TABLE plan_decision (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    referral_id    BLOB    NOT NULL,
    whom           TEXT    NOT NULL,
    by_district    INTEGER NOT NULL,
    by_institution BLOB    NOT NULL,
    decided_at     INTEGER NOT NULL,
    decided_by     TEXT    NOT NULL,
    made           TEXT    NOT NULL,
    reason         TEXT,
    chosen         TEXT    NOT NULL,
    suggested      TEXT,
    harm           TEXT,
    rule           TEXT    NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX plan_decision_at ON plan_decision (decided_at);

-- Words of reason, sealed; erased on their own.
CREATE TABLE plan_decision_word (
    district_id  INTEGER NOT NULL,
    decision_id  BLOB    NOT NULL,
    sealed       BLOB    NOT NULL,
    PRIMARY KEY (district_id, decision_id),
    CONSTRAINT plan_decision_word_of FOREIGN KEY (district_id, decision_id) REFERENCES plan_decision (district_id, id)
) STRICT, WITHOUT ROWID;

-- What the picture of all districts is read by.
CREATE INDEX referral_open ON referral (state, asked_at) WHERE over_at IS NULL;
CREATE INDEX referral_patient_hash ON referral_patient (patient_hash);
CREATE INDEX referral_attempt_declined ON referral_attempt (answered_at) WHERE answer = 'declined';
CREATE INDEX inbound_referral_boarding ON inbound_referral (answer, state_at) WHERE over_at IS NULL;
