-- Other Open311 servers: those that requests are pulled from and cases handed over to, and what was handed over.

-- The place is named by its key, not by its path: a place that moves keeps its key.
CREATE TABLE open311_remote (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    id           BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    url          TEXT    NOT NULL,
    jurisdiction TEXT,
    place_key    TEXT    NOT NULL,
    -- Which of their services is which of our classes, TOML.
    mapping      TEXT    NOT NULL,
    -- Our key there, sealed with a key outside the database.
    key_sealed   BLOB,
    -- Whether an address inside the own network may be asked.
    inside       BOOLEAN NOT NULL,
    -- Whether it knows the same form sent again by its Idempotency-Key.
    idempotent   BOOLEAN NOT NULL,
    pulls        BOOLEAN NOT NULL,
    created_at   INTEGER NOT NULL,
    removed_at   INTEGER,
    -- Everything reported there up to this instant was pulled.
    pulled_to    INTEGER,
    -- The last of its open requests that was asked about.
    followed     TEXT    NOT NULL,
    looked_at    INTEGER,
    problem      TEXT,
    PRIMARY KEY (district_id, id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX open311_remote_name ON open311_remote (district_id, name) WHERE removed_at IS NULL;

-- A case that was handed over. `state`: waiting; sending (an attempt was begun whose outcome is not known yet); token (taken, its id
-- comes later); sent; refused; unsure (somebody has to look whether it is there).
CREATE TABLE open311_push (
    district_id  INTEGER NOT NULL,
    id           BLOB    NOT NULL,
    remote_id    BLOB    NOT NULL,
    case_id      BLOB    NOT NULL,
    system       TEXT    NOT NULL,
    service_code TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    attempts     INTEGER NOT NULL,
    made_at      INTEGER NOT NULL,
    tried_at     INTEGER,
    token        TEXT,
    request_id   TEXT,
    told         TEXT,
    problem      TEXT,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, remote_id) REFERENCES open311_remote (district_id, id),
    FOREIGN KEY (district_id, case_id) REFERENCES case_file (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX open311_push_case ON open311_push (district_id, remote_id, case_id);

-- A request that we sent is not brought in as another case.
CREATE UNIQUE INDEX open311_push_request ON open311_push (district_id, system, request_id) WHERE request_id IS NOT NULL;

CREATE INDEX open311_push_state ON open311_push (district_id, remote_id, state, made_at);

-- The usual question of a program: which requests are open, the newest first.
CREATE INDEX case_public_open ON case_file (district_id, id) WHERE public = TRUE AND closed_at IS NULL;

-- The box of an outline, 10⁻⁷ degrees: a point is held against the outlines whose box it lies in. NULL until it was computed.
ALTER TABLE boundary ADD COLUMN min_lon_e7 INTEGER;
ALTER TABLE boundary ADD COLUMN min_lat_e7 INTEGER;
ALTER TABLE boundary ADD COLUMN max_lon_e7 INTEGER;
ALTER TABLE boundary ADD COLUMN max_lat_e7 INTEGER;

CREATE INDEX boundary_box ON boundary (district_id, min_lon_e7, max_lon_e7, min_lat_e7, max_lat_e7);

CREATE INDEX estate_point ON estate (district_id, lat_e7, lon_e7);
