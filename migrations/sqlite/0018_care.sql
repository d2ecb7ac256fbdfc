-- Care (关爱): people who agreed to be watched, what they agreed to, what the watch is to do, the visits that followed. Of presence there is
-- nothing here: the second from which silence is counted lies in the folder of the watch and nowhere else.

-- Somebody of whom the room of care keeps a consent. Name and numbers are sealed with the key outside the database; the private link is
-- kept as a hash.
CREATE TABLE care_person (
    district_id   INTEGER NOT NULL REFERENCES district (id),
    id            BLOB    NOT NULL,
    place_path    TEXT    NOT NULL,
    name_sealed   BLOB    NOT NULL,
    phone_sealed  BLOB,
    link_hash     BLOB    NOT NULL,
    registered_at INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX care_person_place ON care_person (district_id, place_path);
-- A link names no district: whoever holds one is looked up by it alone.
CREATE UNIQUE INDEX care_person_link ON care_person (link_hash);

-- Who is told when nobody opens (家属、紧急联系人), if the person agreed. Gone with the consent to the watch.
CREATE TABLE care_contact (
    district_id   INTEGER NOT NULL,
    person_id     BLOB    NOT NULL,
    name_sealed   BLOB    NOT NULL,
    phone_sealed  BLOB    NOT NULL,
    relation      TEXT    NOT NULL,
    PRIMARY KEY (district_id, person_id),
    CONSTRAINT care_contact_person FOREIGN KEY (district_id, person_id) REFERENCES care_person (district_id, id)
) STRICT, WITHOUT ROWID;

-- A consent (单独同意), one per purpose at a time. It stays as proof when it was withdrawn; `erased_at` says since when nothing of what was
-- kept under it is left.
CREATE TABLE care_consent (
    district_id   INTEGER NOT NULL,
    id            BLOB    NOT NULL,
    person_id     BLOB    NOT NULL,
    purpose       TEXT    NOT NULL,
    -- Which text was shown: id, version and digest of the pack of rules.
    text_mark     TEXT    NOT NULL,
    language      TEXT    NOT NULL,
    channel       TEXT    NOT NULL,
    -- The appointment under which it was asked for; NULL when the person came by himself.
    asked_by      BLOB,
    given_by      TEXT    NOT NULL,
    giver_sealed  BLOB,
    relation      TEXT,
    witness_sealed BLOB,
    scan_hash     BLOB,
    assessment    TEXT    NOT NULL,
    given_at      INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    withdrawn_at  INTEGER,
    withdrawn_by  TEXT,
    withdrawn_channel TEXT,
    erased_at     INTEGER,
    PRIMARY KEY (district_id, id),
    CONSTRAINT care_consent_person FOREIGN KEY (district_id, person_id) REFERENCES care_person (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX care_consent_in_force ON care_consent (district_id, person_id, purpose) WHERE withdrawn_at IS NULL;
CREATE INDEX care_consent_expiry ON care_consent (district_id, expires_at) WHERE withdrawn_at IS NULL;
CREATE INDEX care_consent_of ON care_consent (district_id, person_id, given_at);

-- Who is watched, under which number (假名编号) and rules. The row goes with the consent.
CREATE TABLE care_watch (
    district_id   INTEGER NOT NULL,
    person_id     BLOB    NOT NULL,
    place_path    TEXT    NOT NULL,
    slot          INTEGER NOT NULL,
    profile       TEXT    NOT NULL,
    enrolled_at   INTEGER NOT NULL,
    away_until    INTEGER,
    in_hospital   BOOLEAN NOT NULL,
    -- Why none of the devices is heard (设备失联): then the person is not watched, and somebody rings up. NULL: heard.
    unheard_why   TEXT,
    unheard_since INTEGER,
    PRIMARY KEY (district_id, person_id),
    CONSTRAINT care_watch_person FOREIGN KEY (district_id, person_id) REFERENCES care_person (district_id, id)
) WITHOUT ROWID;

-- Lives alone: one at a home.
CREATE UNIQUE INDEX care_watch_home ON care_watch (district_id, place_path);

-- The numbers of the watch, one row each in the whole installation. Without a person it is free; with `left_at` it waits until nothing
-- of the one before is in any file.
CREATE TABLE care_slot (
    slot          INTEGER NOT NULL PRIMARY KEY,
    district_id   INTEGER,
    person_id     BLOB,
    left_at       INTEGER
) STRICT;

CREATE INDEX care_slot_left ON care_slot (left_at) WHERE left_at IS NOT NULL;

-- What the watch has still to be told, in order. Written with what it follows from, removed when the watch has it on disk.
CREATE TABLE care_errand (
    district_id   INTEGER NOT NULL,
    id            BLOB    NOT NULL,
    person_id     BLOB    NOT NULL,
    slot          INTEGER NOT NULL,
    what          TEXT    NOT NULL,
    -- The instant it is about: the end of an absence, when somebody was seen.
    at            INTEGER,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

-- The highest number of what a watch asked for that was done here. A new folder of the watch counts anew under a new id.
CREATE TABLE care_effect (
    district_id   INTEGER NOT NULL REFERENCES district (id),
    watch_id      BLOB    NOT NULL,
    number        INTEGER NOT NULL,
    PRIMARY KEY (district_id, watch_id)
) STRICT, WITHOUT ROWID;

-- A visit (走访): why, who has it, how far it is.
CREATE TABLE care_visit (
    district_id   INTEGER NOT NULL,
    id            BLOB    NOT NULL,
    number        TEXT    NOT NULL,
    person_id     BLOB    NOT NULL,
    place_path    TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    silence       TEXT,
    silent_since  INTEGER,
    -- The identity of the alarm, gone with the consent.
    alarm_slot    INTEGER,
    alarm_since   INTEGER,
    -- When it became too long; what the way to the first contact is counted from.
    due_at        INTEGER NOT NULL,
    opened_at     INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    state_since   INTEGER NOT NULL,
    rung          INTEGER NOT NULL,
    owner_person  BLOB,
    owner_appointment BLOB,
    owner_role    TEXT,
    wake_at       INTEGER,
    knocked_at    INTEGER,
    knocked_by    BLOB,
    contact_told_at INTEGER,
    contacted_at  INTEGER,
    ended_at      INTEGER,
    outcome       TEXT,
    wrong_knock   BOOLEAN NOT NULL,
    watched       BOOLEAN NOT NULL,
    case_id       BLOB,
    version       INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT care_visit_person FOREIGN KEY (district_id, person_id) REFERENCES care_person (district_id, id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX care_visit_number ON care_visit (district_id, number);
-- The same silence never opens two.
CREATE UNIQUE INDEX care_visit_alarm ON care_visit (district_id, alarm_slot, alarm_since, kind) WHERE alarm_slot IS NOT NULL;
CREATE INDEX care_visit_open ON care_visit (district_id, place_path) WHERE ended_at IS NULL;
CREATE INDEX care_visit_wake ON care_visit (district_id, wake_at) WHERE wake_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX care_visit_owner ON care_visit (district_id, owner_person) WHERE ended_at IS NULL AND owner_person IS NOT NULL;
CREATE INDEX care_visit_person ON care_visit (district_id, person_id, opened_at);
CREATE INDEX care_visit_opened ON care_visit (district_id, opened_at);
