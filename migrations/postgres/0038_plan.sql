-- The plan (救治方案): who may step down, how many vehicles a grid has free, and what was made of suggestions. Of the plan itself nothing is kept.

-- Somebody in a bed who may step down (可下转), as the house says. What must go on elsewhere is sealed, and gone when it is over.
CREATE TABLE step_down (
    district_id  BIGINT  NOT NULL,
    referral_id  UUID    NOT NULL,
    attempt      BIGINT  NOT NULL,
    bed_type     TEXT    NOT NULL,
    needs        TEXT    NOT NULL,
    grid_kind    TEXT    NOT NULL,
    consent      TEXT    NOT NULL,
    sealed       BYTEA,
    marked_at    BIGINT  NOT NULL,
    marked_by    TEXT    NOT NULL,
    -- The referral by which it is asked for.
    asked_id     UUID,
    over_at      BIGINT,
    PRIMARY KEY (district_id, referral_id, attempt),
    CONSTRAINT step_down_of FOREIGN KEY (district_id, referral_id, attempt)
        REFERENCES inbound_referral (district_id, referral_id, attempt)
);

-- Vehicles that a grid has free (可用转运车辆), as it told last.
CREATE TABLE grid_fleet (
    district_id  BIGINT  NOT NULL,
    grid_id      UUID    NOT NULL,
    vehicles     BIGINT  NOT NULL,
    told_at      BIGINT  NOT NULL,
    told_by      TEXT    NOT NULL,
    PRIMARY KEY (district_id, grid_id),
    CONSTRAINT grid_fleet_of FOREIGN KEY (district_id, grid_id) REFERENCES treatment_grid (district_id, id)
);

-- What somebody made of a suggestion: by whom, which bed, and what had been suggested, with what going without it costs.
CREATE TABLE plan_decision (
    district_id    BIGINT  NOT NULL,
    id             UUID    NOT NULL,
    referral_id    UUID    NOT NULL,
    whom           TEXT    NOT NULL,
    by_district    BIGINT  NOT NULL,
    by_institution UUID    NOT NULL,
    decided_at     BIGINT  NOT NULL,
    decided_by     TEXT    NOT NULL,
    made           TEXT    NOT NULL,
    reason         TEXT,
    chosen         TEXT    NOT NULL,
    suggested      TEXT,
    harm           TEXT,
    rule           TEXT    NOT NULL,
    PRIMARY KEY (district_id, id)
);

CREATE INDEX plan_decision_at ON plan_decision (decided_at);

-- Words of reason, sealed; erased on their own.
CREATE TABLE plan_decision_word (
    district_id  BIGINT  NOT NULL,
    decision_id  UUID    NOT NULL,
    sealed       BYTEA   NOT NULL,
    PRIMARY KEY (district_id, decision_id),
    CONSTRAINT plan_decision_word_of FOREIGN KEY (district_id, decision_id) REFERENCES plan_decision (district_id, id)
);

-- What the picture of all districts is read by.
CREATE INDEX referral_open ON referral (state, asked_at) WHERE over_at IS NULL;
CREATE INDEX referral_patient_hash ON referral_patient (patient_hash);
CREATE INDEX referral_attempt_declined ON referral_attempt (answered_at) WHERE answer = 'declined';
CREATE INDEX inbound_referral_boarding ON inbound_referral (answer, state_at) WHERE over_at IS NULL;
