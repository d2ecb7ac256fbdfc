-- Cases (诉求与案卷): the record itself, its photos, the sealed contact, private links, daily counts.

CREATE TABLE case_file (
    district_id       BIGINT  NOT NULL REFERENCES district (id),
    id                UUID    NOT NULL,
    number            TEXT    NOT NULL,
    place_path        TEXT    COLLATE "C" NOT NULL,
    class             TEXT    NOT NULL,
    title             TEXT    NOT NULL,
    description       TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    state_since       BIGINT  NOT NULL,
    clock             TEXT    NOT NULL,
    owner_person      UUID,
    owner_appointment UUID,
    owner_role        TEXT,
    flagged_role      TEXT,
    reported_at       BIGINT  NOT NULL,
    clock_code        TEXT,
    clock_from        BIGINT  NOT NULL,
    -- 9223372036854775807: nothing was promised.
    due_at            BIGINT  NOT NULL,
    due_provisional   BOOLEAN NOT NULL,
    finished_at       BIGINT,
    closed_at         BIGINT,
    overdue_at        BIGINT,
    channel           TEXT    NOT NULL,
    external_system   TEXT,
    external_id       TEXT,
    external_status   TEXT,
    external_closed_at BIGINT,
    external_hash     BYTEA,
    lon_e7            BIGINT,
    lat_e7            BIGINT,
    location_flag     TEXT,
    public            BOOLEAN NOT NULL,
    common_part       BOOLEAN NOT NULL,
    emergency         BOOLEAN NOT NULL,
    reopened_count    BIGINT  NOT NULL,
    version           BIGINT  NOT NULL,
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
    district_id  BIGINT  NOT NULL,
    case_id      UUID    NOT NULL,
    position     BIGINT  NOT NULL,
    hash         BYTEA   NOT NULL,
    thumb_hash   BYTEA   NOT NULL,
    kind         TEXT    NOT NULL,
    added_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, case_id, position),
    FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
);

-- The reporter's contact, sealed with a key outside the database and found by a keyed hash.
CREATE TABLE case_contact (
    district_id  BIGINT  NOT NULL,
    case_id      UUID    NOT NULL,
    phone_sealed BYTEA   NOT NULL,
    phone_hash   BYTEA   NOT NULL,
    added_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, case_id),
    FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
);

CREATE INDEX case_contact_phone ON case_contact (district_id, phone_hash);

-- Private links of reporters: global, because a link names no district. Only the hash is kept.
CREATE TABLE private_link (
    token_hash   BYTEA   NOT NULL PRIMARY KEY,
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    case_id      UUID    NOT NULL,
    created_at   BIGINT  NOT NULL
);

-- What happened to cases per place (from the district down to the entrance) and Beijing day, folded from the journal.
CREATE TABLE case_day (
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    place_path   TEXT    COLLATE "C" NOT NULL,
    day          BIGINT  NOT NULL,
    reported     BIGINT  NOT NULL,
    closed       BIGINT  NOT NULL,
    confirmed    BIGINT  NOT NULL,
    reopened     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, place_path, day)
);
