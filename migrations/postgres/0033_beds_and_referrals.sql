-- The bed ledger (床位台账) and referrals (转诊). Of a patient there is nothing in these tables but what is sealed in rows of its own, and the
-- keyed hash that keeps the open request one.

-- What a unit has of a kind of bed: the fold of its entries, kept by the transaction that adds one. Its row is the lock of the cell. NULL is
-- unknown, and is not zero.
CREATE TABLE bed_cell (
    district_id    BIGINT  NOT NULL,
    unit_id        UUID    NOT NULL,
    bed_type       TEXT    NOT NULL,
    institution_id UUID    NOT NULL,
    licensed       BIGINT,
    in_place       BIGINT,
    open_beds      BIGINT,
    doctors        BIGINT,
    nurses         BIGINT,
    convertible    BIGINT,
    within_hours   BIGINT,
    blocked        BIGINT  NOT NULL,
    occupied       BIGINT  NOT NULL,
    reserved       BIGINT  NOT NULL,
    -- The latest instant that an entry speaks of, and when something was last entered.
    last_at        BIGINT  NOT NULL,
    known_at       BIGINT  NOT NULL,
    version        BIGINT  NOT NULL,
    PRIMARY KEY (district_id, unit_id, bed_type),
    CONSTRAINT bed_cell_unit FOREIGN KEY (district_id, unit_id) REFERENCES institution_unit (district_id, id),
    CONSTRAINT bed_cell_counts CHECK (blocked >= 0 AND occupied >= 0 AND reserved >= 0)
);

CREATE INDEX bed_cell_institution ON bed_cell (district_id, institution_id);
CREATE INDEX bed_cell_type ON bed_cell (bed_type, district_id);

-- Entries are added and never changed.
CREATE TABLE bed_entry (
    district_id  BIGINT  NOT NULL,
    id           UUID    NOT NULL,
    unit_id      UUID    NOT NULL,
    bed_type     TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    change       TEXT    NOT NULL,
    amount       BIGINT  NOT NULL,
    within_hours BIGINT,
    at           BIGINT  NOT NULL,
    known_at     BIGINT  NOT NULL,
    entered_by   TEXT    NOT NULL,
    reason       TEXT,
    -- The hold or the order it follows from.
    cause_id     UUID,
    PRIMARY KEY (district_id, id),
    CONSTRAINT bed_entry_cell FOREIGN KEY (district_id, unit_id, bed_type) REFERENCES bed_cell (district_id, unit_id, bed_type)
);

CREATE INDEX bed_entry_at ON bed_entry (district_id, unit_id, bed_type, at, id);

-- A bed held for somebody on the way, or taken by them. The referral may lie in another district.
CREATE TABLE bed_hold (
    district_id    BIGINT  NOT NULL,
    id             UUID    NOT NULL,
    unit_id        UUID    NOT NULL,
    bed_type       TEXT    NOT NULL,
    institution_id UUID    NOT NULL,
    referral_id    UUID    NOT NULL,
    state          TEXT    NOT NULL,
    guest_of       UUID,
    held_at        BIGINT  NOT NULL,
    until          BIGINT  NOT NULL,
    over_at        BIGINT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT bed_hold_cell FOREIGN KEY (district_id, unit_id, bed_type) REFERENCES bed_cell (district_id, unit_id, bed_type)
);

CREATE INDEX bed_hold_until ON bed_hold (district_id, until) WHERE state = 'held';
CREATE INDEX bed_hold_unit ON bed_hold (district_id, unit_id) WHERE over_at IS NULL;
-- One bed for one referral in a district.
CREATE UNIQUE INDEX bed_hold_referral ON bed_hold (district_id, referral_id) WHERE over_at IS NULL;

-- An order to make beds of another kind (转换指令).
CREATE TABLE bed_conversion (
    district_id    BIGINT  NOT NULL,
    id             UUID    NOT NULL,
    unit_id        UUID    NOT NULL,
    bed_type       TEXT    NOT NULL,
    institution_id UUID    NOT NULL,
    beds           BIGINT  NOT NULL,
    state          TEXT    NOT NULL,
    ordered_at     BIGINT  NOT NULL,
    ordered_by     TEXT    NOT NULL,
    due_at         BIGINT  NOT NULL,
    over_at        BIGINT,
    late_told_at   BIGINT,
    proof_beds     BIGINT,
    proof_doctors  BIGINT,
    proof_nurses   BIGINT,
    version        BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT bed_conversion_cell FOREIGN KEY (district_id, unit_id, bed_type) REFERENCES bed_cell (district_id, unit_id, bed_type),
    CONSTRAINT bed_conversion_beds CHECK (beds > 0)
);

CREATE INDEX bed_conversion_due ON bed_conversion (district_id, due_at) WHERE over_at IS NULL;
CREATE INDEX bed_conversion_of ON bed_conversion (district_id, institution_id, ordered_at);

-- A referral, in the district of who asks.
CREATE TABLE referral (
    district_id    BIGINT  NOT NULL,
    id             UUID    NOT NULL,
    institution_id UUID    NOT NULL,
    direction      TEXT    NOT NULL,
    grid_kind      TEXT    NOT NULL,
    bed_type       TEXT    NOT NULL,
    -- What the patient needs, coded, words with commas between them.
    needs          TEXT    NOT NULL,
    -- What the score suggests, by which rules, and what a person decided.
    suggested      TEXT    NOT NULL,
    suggested_by   TEXT    NOT NULL,
    severity       TEXT    NOT NULL,
    consent        TEXT    NOT NULL,
    channel        TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    reason         TEXT,
    -- The attempt that counts, from 1; 0 before the first.
    attempt        BIGINT  NOT NULL,
    round          BIGINT  NOT NULL,
    asked_at       BIGINT  NOT NULL,
    asked_by       UUID    NOT NULL,
    state_at       BIGINT  NOT NULL,
    due_at         BIGINT,
    late_told_at   BIGINT,
    over_at        BIGINT,
    version        BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT referral_institution FOREIGN KEY (district_id, institution_id) REFERENCES institution (district_id, id)
);

CREATE INDEX referral_of ON referral (district_id, institution_id, asked_at);
CREATE INDEX referral_due ON referral (district_id, due_at) WHERE due_at IS NOT NULL;

-- What is known of the patient, sealed; erased on its own.
CREATE TABLE referral_patient (
    district_id  BIGINT  NOT NULL,
    referral_id  UUID    NOT NULL,
    patient_hash BYTEA   NOT NULL,
    sealed       BYTEA   NOT NULL,
    PRIMARY KEY (district_id, referral_id),
    CONSTRAINT referral_patient_of FOREIGN KEY (district_id, referral_id) REFERENCES referral (district_id, id)
);

-- Whom it was sent to, one after the other. `told` is the number of what was told last, `heard` of what was heard last: what comes late or twice
-- has no greater number and changes nothing.
CREATE TABLE referral_attempt (
    district_id    BIGINT  NOT NULL,
    referral_id    UUID    NOT NULL,
    attempt        BIGINT  NOT NULL,
    to_district    BIGINT  NOT NULL,
    to_institution UUID    NOT NULL,
    asks           TEXT    NOT NULL,
    answer         TEXT    NOT NULL,
    reason         TEXT,
    until          BIGINT,
    told           BIGINT  NOT NULL,
    heard          BIGINT  NOT NULL,
    sent_at        BIGINT  NOT NULL,
    answered_at    BIGINT,
    PRIMARY KEY (district_id, referral_id, attempt),
    CONSTRAINT referral_attempt_of FOREIGN KEY (district_id, referral_id) REFERENCES referral (district_id, id)
);

-- The same at the other end, in the district of who is asked. Made by whatever letter comes first.
CREATE TABLE inbound_referral (
    district_id      BIGINT  NOT NULL,
    referral_id      UUID    NOT NULL,
    attempt          BIGINT  NOT NULL,
    institution_id   UUID    NOT NULL,
    from_district    BIGINT  NOT NULL,
    from_institution UUID    NOT NULL,
    direction        TEXT    NOT NULL,
    bed_type         TEXT    NOT NULL,
    needs            TEXT    NOT NULL,
    severity         TEXT    NOT NULL,
    -- What the other end asks, and what is answered here.
    asks             TEXT    NOT NULL,
    answer           TEXT    NOT NULL,
    reason           TEXT,
    hold_id          UUID,
    until            BIGINT,
    told             BIGINT  NOT NULL,
    heard            BIGINT  NOT NULL,
    sent_at          BIGINT  NOT NULL,
    came_at          BIGINT  NOT NULL,
    state_at         BIGINT  NOT NULL,
    due_at           BIGINT,
    over_at          BIGINT,
    version          BIGINT  NOT NULL,
    PRIMARY KEY (district_id, referral_id, attempt)
);

CREATE INDEX inbound_referral_of ON inbound_referral (district_id, institution_id, state_at);

-- What the receiving end knows of the patient, sealed; gone when it is not its patient.
CREATE TABLE inbound_patient (
    district_id BIGINT  NOT NULL,
    referral_id UUID    NOT NULL,
    attempt     BIGINT  NOT NULL,
    sealed      BYTEA   NOT NULL,
    PRIMARY KEY (district_id, referral_id, attempt),
    CONSTRAINT inbound_patient_of FOREIGN KEY (district_id, referral_id, attempt)
        REFERENCES inbound_referral (district_id, referral_id, attempt)
);

-- Letters between the two ends (发件箱): written with what they tell, delivered later, perhaps twice and in any order. A letter tells all that its
-- writer stands by, so a later one makes an earlier one needless.
CREATE TABLE referral_letter (
    district_id  BIGINT  NOT NULL,
    id           UUID    NOT NULL,
    to_district  BIGINT  NOT NULL,
    referral_id  UUID    NOT NULL,
    attempt      BIGINT  NOT NULL,
    body         TEXT    NOT NULL,
    sealed       BYTEA,
    written_at   BIGINT  NOT NULL,
    delivered_at BIGINT,
    PRIMARY KEY (district_id, id)
);

CREATE INDEX referral_letter_waiting ON referral_letter (district_id, written_at, id) WHERE delivered_at IS NULL;

-- One open request per patient (一人一单): global, because a patient has no district. Only the keyed hash, and where the open request is.
CREATE TABLE patient_claim (
    patient_hash BYTEA   NOT NULL,
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    referral_id  UUID    NOT NULL,
    claimed_at   BIGINT  NOT NULL,
    PRIMARY KEY (patient_hash)
);
