-- Key groups and readings (重点人群健康服务): who is followed how closely, what was measured, what was alarming about it, who is to be seen,
-- and the oximeters. Health data: read by the family-doctor team alone, and gone with the consent to readings.

-- Somebody of a key group as they are followed. One row a person; the row goes with the consent.
CREATE TABLE care_followed (
    district_id       INTEGER NOT NULL,
    person_id         BLOB    NOT NULL,
    place_path        TEXT    NOT NULL,
    -- The health centre, station or village clinic.
    institution_id    BLOB    NOT NULL,
    born              TEXT    NOT NULL,
    disease           TEXT    NOT NULL,
    immunocompromised BOOLEAN NOT NULL,
    vaccination       TEXT    NOT NULL,
    pregnant          BOOLEAN NOT NULL,
    scale2            BOOLEAN NOT NULL,
    colour            TEXT    NOT NULL,
    -- The rule does not say the colour, and no physician has yet.
    undecided         BOOLEAN NOT NULL,
    decided_by        BLOB,
    decided_because   TEXT,
    -- The pack the colour comes from, id@version.
    rule              TEXT    NOT NULL,
    -- When a reading is due, and from when on it is missing. NULL: none is asked for.
    next_due          INTEGER,
    missing_at        INTEGER,
    since             INTEGER NOT NULL,
    version           INTEGER NOT NULL,
    PRIMARY KEY (district_id, person_id),
    CONSTRAINT care_followed_person FOREIGN KEY (district_id, person_id) REFERENCES care_person (district_id, id),
    CONSTRAINT care_followed_institution FOREIGN KEY (district_id, institution_id) REFERENCES organisation (district_id, id)
) WITHOUT ROWID;

CREATE INDEX care_followed_due ON care_followed (district_id, next_due) WHERE next_due IS NOT NULL;
CREATE INDEX care_followed_missing ON care_followed (district_id, missing_at) WHERE missing_at IS NOT NULL;
CREATE INDEX care_followed_place ON care_followed (district_id, place_path);

-- A reading (监测记录). Temperature in 0.1 °C; what was not measured is NULL.
CREATE TABLE care_reading (
    district_id   INTEGER NOT NULL,
    id            BLOB    NOT NULL,
    person_id     BLOB    NOT NULL,
    taken_at      INTEGER NOT NULL,
    received_at   INTEGER NOT NULL,
    via           TEXT    NOT NULL,
    -- The key a device or another system gave it: the same reading sent again is one.
    source_key    TEXT,
    entered_by    BLOB,
    spo2          INTEGER,
    spo2_walk     INTEGER,
    pulse         INTEGER,
    breaths       INTEGER,
    temperature   INTEGER,
    systolic      INTEGER,
    diastolic     INTEGER,
    on_oxygen     BOOLEAN NOT NULL,
    mind          TEXT,
    breathless    BOOLEAN NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT care_reading_person FOREIGN KEY (district_id, person_id) REFERENCES care_person (district_id, id)
) WITHOUT ROWID;

CREATE INDEX care_reading_of ON care_reading (district_id, person_id, taken_at);
CREATE UNIQUE INDEX care_reading_source ON care_reading (district_id, person_id, source_key) WHERE source_key IS NOT NULL;

-- An alarm (异常提醒): about a reading, or about one that did not come.
CREATE TABLE care_alarm (
    district_id     INTEGER NOT NULL,
    id              BLOB    NOT NULL,
    person_id       BLOB    NOT NULL,
    place_path      TEXT    NOT NULL,
    reading_id      BLOB,
    due_for         INTEGER,
    raised_at       INTEGER NOT NULL,
    level           TEXT    NOT NULL,
    -- Words with commas between them.
    reasons         TEXT    NOT NULL,
    rule            TEXT    NOT NULL,
    became          TEXT,
    acknowledged_at INTEGER,
    acknowledged_by BLOB,
    because         TEXT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT care_alarm_about_one CHECK ((reading_id IS NULL) <> (due_for IS NULL)),
    CONSTRAINT care_alarm_person FOREIGN KEY (district_id, person_id) REFERENCES care_person (district_id, id)
) STRICT, WITHOUT ROWID;

-- One alarm a reading, and one a reading that was due: whatever runs twice at once, nobody is alarmed twice.
CREATE UNIQUE INDEX care_alarm_reading ON care_alarm (district_id, reading_id) WHERE reading_id IS NOT NULL;
CREATE UNIQUE INDEX care_alarm_missing ON care_alarm (district_id, person_id, due_for) WHERE due_for IS NOT NULL;
CREATE INDEX care_alarm_open ON care_alarm (district_id, place_path) WHERE became IS NULL;
CREATE INDEX care_alarm_of ON care_alarm (district_id, person_id, raised_at);

-- A referral that was asked for (转诊请求), and the case the health centre has about it. It stays when the consent is withdrawn: it is what
-- happened, and holds no reading.
CREATE TABLE care_referral (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    number         TEXT    NOT NULL,
    person_id      BLOB    NOT NULL,
    alarm_id       BLOB    NOT NULL,
    place_path     TEXT    NOT NULL,
    asked_at       INTEGER NOT NULL,
    asked_by       BLOB    NOT NULL,
    urgency        INTEGER NOT NULL,
    institution_id BLOB    NOT NULL,
    case_id        BLOB    NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT care_referral_person FOREIGN KEY (district_id, person_id) REFERENCES care_person (district_id, id),
    CONSTRAINT care_referral_institution FOREIGN KEY (district_id, institution_id) REFERENCES organisation (district_id, id),
    CONSTRAINT care_referral_case FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX care_referral_number ON care_referral (district_id, number);
CREATE UNIQUE INDEX care_referral_alarm ON care_referral (district_id, alarm_id);
CREATE INDEX care_referral_of ON care_referral (district_id, person_id);

-- Fingertip oximeters (指夹式血氧仪), one row each: how many there are, lent and lost is counted from the rows and typed nowhere.
CREATE TABLE oximeter (
    district_id    INTEGER NOT NULL,
    id             BLOB    NOT NULL,
    institution_id BLOB    NOT NULL,
    -- The number on its label, counted per institution.
    number         INTEGER NOT NULL,
    state          TEXT    NOT NULL,
    -- Who has it; nobody is named when it came back.
    person_id      BLOB,
    since          INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT oximeter_lent_to CHECK ((state = 'lent') = (person_id IS NOT NULL)),
    CONSTRAINT oximeter_institution FOREIGN KEY (district_id, institution_id) REFERENCES organisation (district_id, id),
    CONSTRAINT oximeter_person FOREIGN KEY (district_id, person_id) REFERENCES care_person (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX oximeter_number ON oximeter (district_id, institution_id, number);
CREATE INDEX oximeter_state ON oximeter (district_id, institution_id, state, number);
-- Nobody has two.
CREATE UNIQUE INDEX oximeter_of ON oximeter (district_id, person_id) WHERE person_id IS NOT NULL;
