-- The bed ledger (床位台账) and referrals (转诊). Of a patient there is nothing in these tables but what is sealed in rows of its own, and the
-- keyed hash that keeps the open request one.

-- What a unit has of a kind of bed: the fold of its entries, kept by the transaction that adds one. Its row is the lock of the cell. NULL is
-- unknown, and is not zero.
CREATE TABLE bed_cell (
    district_id    INTEGER NOT NULL,
    unit_id        BLOB    NOT NULL,
    bed_type       TEXT    NOT NULL,
    institution_id BLOB    NOT NULL,
    licensed       INTEGER,
    in_place       INTEGER,
    open_beds      INTEGER,
    doctors        INTEGER,
    nurses         INTEGER,
    convertible    INTEGER,
    within_hours   INTEGER,
    blocked        INTEGER NOT NULL,
    occupied       INTEGER NOT NULL,
    reserved       INTEGER NOT NULL,
    -- The latest instant that an entry speaks of, and when something was last entered.
    last_at        INTEGER NOT NULL,
    known_at       INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    PRIMARY KEY (district_id, unit_id, bed_type),
    CONSTRAINT bed_cell_unit FOREIGN KEY (district_id, unit_id) REFERENCES institution_unit (district_id, id),
    CONSTRAINT bed_cell_counts CHECK (blocked >= 0 AND occupied >= 0 AND reserved >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX bed_cell_institution ON bed_cell (district_id, institution_id);
CREATE INDEX bed_cell_type ON bed_cell (bed_type, district_id);

-- Entries are added and never changed.
CREATE TABLE bed_entry (
    district_id  INTEGER NOT NULL,
    id           BLOB    NOT NULL,
    unit_id      BLOB    NOT NULL,
    bed_type     TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    change       TEXT    NOT NULL,
    amount       INTEGER NOT NULL,
    within_hours INTEGER,
    at           INTEGER NOT NULL,
    known_at     INTEGER NOT NULL,
    entered_by   TEXT    NOT NULL,
    reason       TEXT,
    -- The hold or the order it follows from.
    cause_id     BLOB,
    PRIMARY KEY (district_id, id),
    CONSTRAINT bed_entry_cell FOREIGN KEY (district_id, unit_id, bed_type) REFERENCES bed_cell (district_id, unit_id, bed_type)
) STRICT, WITHOUT ROWID;

CREATE INDEX bed_entry_at ON bed_entry (district_id, unit_id, bed_type, at, id);

-- A bed held for somebody on the way, or taken by them. The referral may lie in another district.
CREATE TABLE bed_hold (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    unit_id        BLOB    NOT NULL,
    bed_type       TEXT    NOT NULL,
    institution_id BLOB    NOT NULL,
    referral_id    BLOB    NOT NULL,
    state          TEXT    NOT NULL,
    guest_of       BLOB,
    held_at        INTEGER NOT NULL,
    until          INTEGER NOT NULL,
    over_at        INTEGER,
    PRIMARY KEY (district_id, id),
    CONSTRAINT bed_hold_cell FOREIGN KEY (district_id, unit_id, bed_type) REFERENCES bed_cell (district_id, unit_id, bed_type)
) STRICT, WITHOUT ROWID;

CREATE INDEX bed_hold_until ON bed_hold (district_id, until) WHERE state = 'held';
CREATE INDEX bed_hold_unit ON bed_hold (district_id, unit_id) WHERE over_at IS NULL;
-- One bed for one referral in a district.
CREATE UNIQUE INDEX bed_hold_referral ON bed_hold (district_id, referral_id) WHERE over_at IS NULL;

-- An order to make beds of another kind (转换指令).
CREATE TABLE bed_conversion (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    unit_id        BLOB    NOT NULL,
    bed_type       TEXT    NOT NULL,
    institution_id BLOB    NOT NULL,
    beds           INTEGER NOT NULL,
    state          TEXT    NOT NULL,
    ordered_at     INTEGER NOT NULL,
    ordered_by     TEXT    NOT NULL,
    due_at         INTEGER NOT NULL,
    over_at        INTEGER,
    late_told_at   INTEGER,
    proof_beds     INTEGER,
    proof_doctors  INTEGER,
    proof_nurses   INTEGER,
    version        INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT bed_conversion_cell FOREIGN KEY (district_id, unit_id, bed_type) REFERENCES bed_cell (district_id, unit_id, bed_type),
    CONSTRAINT bed_conversion_beds CHECK (beds > 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX bed_conversion_due ON bed_conversion (district_id, due_at) WHERE over_at IS NULL;
CREATE INDEX bed_conversion_of ON bed_conversion (district_id, institution_id, ordered_at);

-- A referral, in the district of who asks.
CREATE TABLE referral (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    institution_id BLOB    NOT NULL,
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
    attempt        INTEGER NOT NULL,
    round          INTEGER NOT NULL,
    asked_at       INTEGER NOT NULL,
    asked_by       BLOB    NOT NULL,
    state_at       INTEGER NOT NULL,
    due_at         INTEGER,
    late_told_at   INTEGER,
    over_at        INTEGER,
    version        INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT referral_institution FOREIGN KEY (district_id, institution_id) REFERENCES institution (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX referral_of ON referral (district_id, institution_id, asked_at);
CREATE INDEX referral_due ON referral (district_id, due_at) WHERE due_at IS NOT NULL;

-- What is known of the patient, sealed; erased on its own.
CREATE TABLE referral_patient (
    district_id  INTEGER NOT NULL,
    referral_id  BLOB    NOT NULL,
    patient_hash BLOB    NOT NULL,
    sealed       BLOB    NOT NULL,
    PRIMARY KEY (district_id, referral_id),
    CONSTRAINT referral_patient_of FOREIGN KEY (district_id, referral_id) REFERENCES referral (district_id, id)
) STRICT, WITHOUT ROWID;

-- Whom it was sent to, one after the other. `told` is the number of what was told last, `heard` of what was heard last: what comes late or twice
-- has no greater number and changes nothing.
CREATE TABLE referral_attempt (
    district_id    INTEGER NOT NULL,
    referral_id    BLOB    NOT NULL,
    attempt        INTEGER NOT NULL,
    to_district    INTEGER NOT NULL,
    to_institution BLOB    NOT NULL,
    asks           TEXT    NOT NULL,
    answer         TEXT    NOT NULL,
    reason         TEXT,
    until          INTEGER,
    told           INTEGER NOT NULL,
    heard          INTEGER NOT NULL,
    sent_at        INTEGER NOT NULL,
    answered_at    INTEGER,
    PRIMARY KEY (district_id, referral_id, attempt),
    CONSTRAINT referral_attempt_of FOREIGN KEY (district_id, referral_id) REFERENCES referral (district_id, id)
) STRICT, WITHOUT ROWID;

-- The same at the other end, in the district of who is asked. Made by whatever letter comes first.
CREATE TABLE inbound_referral (
    district_id      INTEGER NOT NULL,
    referral_id      BLOB    NOT NULL,
    attempt          INTEGER NOT NULL,
    institution_id   BLOB    NOT NULL,
    from_district    INTEGER NOT NULL,
    from_institution BLOB    NOT NULL,
    direction        TEXT    NOT NULL,
    bed_type         TEXT    NOT NULL,
    needs            TEXT    NOT NULL,
    severity         TEXT    NOT NULL,
    -- What the other end asks, and what is answered here.
    asks             TEXT    NOT NULL,
    answer           TEXT    NOT NULL,
    reason           TEXT,
    hold_id          BLOB,
    until            INTEGER,
    told             INTEGER NOT NULL,
    heard            INTEGER NOT NULL,
    sent_at          INTEGER NOT NULL,
    came_at          INTEGER NOT NULL,
    state_at         INTEGER NOT NULL,
    due_at           INTEGER,
    over_at          INTEGER,
    version          INTEGER NOT NULL,
    PRIMARY KEY (district_id, referral_id, attempt)
) STRICT, WITHOUT ROWID;

CREATE INDEX inbound_referral_of ON inbound_referral (district_id, institution_id, state_at);

-- What the receiving end knows of the patient, sealed; gone when it is not its patient.
CREATE TABLE inbound_patient (
    district_id INTEGER NOT NULL,
    referral_id BLOB    NOT NULL,
    attempt     INTEGER NOT NULL,
    sealed      BLOB    NOT NULL,
    PRIMARY KEY (district_id, referral_id, attempt),
    CONSTRAINT inbound_patient_of FOREIGN KEY (district_id, referral_id, attempt)
        REFERENCES inbound_referral (district_id, referral_id, attempt)
) STRICT, WITHOUT ROWID;

-- Letters between the two ends (发件箱): written with what they tell, delivered later, perhaps twice and in any order. A letter tells all that its
-- writer stands by, so a later one makes an earlier one needless.
CREATE TABLE referral_letter (
    district_id  INTEGER NOT NULL,
    id           BLOB    NOT NULL,
    to_district  INTEGER NOT NULL,
    referral_id  BLOB    NOT NULL,
    attempt      INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    sealed       BLOB,
    written_at   INTEGER NOT NULL,
    delivered_at INTEGER,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX referral_letter_waiting ON referral_letter (district_id, written_at, id) WHERE delivered_at IS NULL;

-- One open request per patient (一人一单): global, because a patient has no district. Only the keyed hash, and where the open request is.
CREATE TABLE patient_claim (
    patient_hash BLOB    NOT NULL,
    district_id  INTEGER NOT NULL REFERENCES district (id),
    referral_id  BLOB    NOT NULL,
    claimed_at   INTEGER NOT NULL,
    PRIMARY KEY (patient_hash)
) WITHOUT ROWID;
