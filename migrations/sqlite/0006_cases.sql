-- Cases (诉求与案卷): the record itself, its photos, the sealed contact, private links, daily counts.

CREATE TABLE case_file (
    district_id       INTEGER NOT NULL REFERENCES district (id),
    id                BLOB    NOT NULL,
    number            TEXT    NOT NULL,
    place_path        TEXT    NOT NULL,
    class             TEXT    NOT NULL,
    title             TEXT    NOT NULL,
    description       TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    state_since       INTEGER NOT NULL,
    clock             TEXT    NOT NULL,
    owner_person      BLOB,
    owner_appointment BLOB,
    owner_role        TEXT,
    flagged_role      TEXT,
    reported_at       INTEGER NOT NULL,
    clock_code        TEXT,
    clock_from        INTEGER NOT NULL,
    -- 9223372036854775807: nothing was promised.
    due_at            INTEGER NOT NULL,
    due_provisional   BOOLEAN NOT NULL,
    finished_at       INTEGER,
    closed_at         INTEGER,
    overdue_at        INTEGER,
    channel           TEXT    NOT NULL,
    external_system   TEXT,
    external_id       TEXT,
    external_status   TEXT,
    external_closed_at INTEGER,
    external_hash     BLOB,
    lon_e7            INTEGER,
    lat_e7            INTEGER,
    location_flag     TEXT,
    public            BOOLEAN NOT NULL,
    common_part       BOOLEAN NOT NULL,
    emergency         BOOLEAN NOT NULL,
    reopened_count    INTEGER NOT NULL,
    version           INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
);

CREATE UNIQUE INDEX case_number ON case_file (district_id, number);

CREATE UNIQUE INDEX case_external ON case_file (district_id, external_system, external_id) WHERE external_id IS NOT NULL;

-- What is open at a place: figures, boards, the table of children.
CREATE INDEX case_open_place ON case_file (district_id, place_path, state, clock, due_at) WHERE closed_at IS NULL;

-- What runs out first: the desk and the sweep.
CREATE INDEX case_open_due ON case_file (district_id, due_at, id) WHERE closed_at IS NULL;

-- My day.
CREATE INDEX case_owner ON case_file (district_id, owner_person, due_at) WHERE closed_at IS NULL AND owner_person IS NOT NULL;

-- What was lately solved at a place.
CREATE INDEX case_closed_place ON case_file (district_id, place_path, closed_at) WHERE closed_at IS NOT NULL;

-- Promises that rest on a calendar year whose plan is not out yet.
CREATE INDEX case_provisional ON case_file (district_id, id) WHERE due_provisional AND closed_at IS NULL;

CREATE TABLE case_photo (
    district_id  INTEGER NOT NULL,
    case_id      BLOB    NOT NULL,
    position     INTEGER NOT NULL,
    hash         BLOB    NOT NULL,
    thumb_hash   BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    added_at     INTEGER NOT NULL,
    PRIMARY KEY (district_id, case_id, position),
    FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
) WITHOUT ROWID;

-- The reporter's contact, sealed with a key outside the database and found by a keyed hash.
CREATE TABLE case_contact (
    district_id  INTEGER NOT NULL,
    case_id      BLOB    NOT NULL,
    phone_sealed BLOB    NOT NULL,
    phone_hash   BLOB    NOT NULL,
    added_at     INTEGER NOT NULL,
    PRIMARY KEY (district_id, case_id),
    FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
) WITHOUT ROWID;

CREATE INDEX case_contact_phone ON case_contact (district_id, phone_hash);

-- Private links of reporters: global, because a link names no district. Only the hash is kept.
CREATE TABLE private_link (
    token_hash   BLOB    NOT NULL PRIMARY KEY,
    district_id  INTEGER NOT NULL REFERENCES district (id),
    case_id      BLOB    NOT NULL,
    created_at   INTEGER NOT NULL
) WITHOUT ROWID;

-- What happened to cases per place (from the district down to the entrance) and Beijing day, folded from the journal.
CREATE TABLE case_day (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    place_path   TEXT    NOT NULL,
    day          INTEGER NOT NULL,
    reported     INTEGER NOT NULL,
    closed       INTEGER NOT NULL,
    confirmed    INTEGER NOT NULL,
    reopened     INTEGER NOT NULL,
    PRIMARY KEY (district_id, place_path, day)
) WITHOUT ROWID;
