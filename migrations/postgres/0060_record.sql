-- The public log (公开日志): append-only Merkle logs, one that grows for each district. What is in them names nobody: that is committed to, and what opens
-- the commitment lies in a row of its own that can be erased.

CREATE TABLE record_log (
    district_id BIGINT  NOT NULL REFERENCES district (id),
    -- 1, and one more each time a log had to be begun anew.
    no          BIGINT  NOT NULL,
    origin      TEXT    NOT NULL,
    public_key  TEXT    NOT NULL,
    -- Sealed with the key of the installation, for this log alone.
    seed        BYTEA   NOT NULL,
    size        BIGINT  NOT NULL,
    root        BYTEA   NOT NULL,
    -- The newest checkpoint as it was signed.
    note        TEXT    NOT NULL,
    begun_at    BIGINT  NOT NULL,
    sealed_at   BIGINT  NOT NULL,
    ended_at    BIGINT,
    PRIMARY KEY (district_id, no)
);

-- Every checkpoint that was ever signed.
CREATE TABLE record_checkpoint (
    district_id BIGINT  NOT NULL,
    log_no      BIGINT  NOT NULL,
    size        BIGINT  NOT NULL,
    root        BYTEA   NOT NULL,
    note        TEXT    NOT NULL,
    sealed_at   BIGINT  NOT NULL,
    PRIMARY KEY (district_id, log_no, size),
    CONSTRAINT record_checkpoint_log FOREIGN KEY (district_id, log_no) REFERENCES record_log (district_id, no)
);

-- What was published and has no number yet.
CREATE TABLE record_waiting (
    district_id BIGINT  NOT NULL REFERENCES district (id),
    id          UUID    NOT NULL,
    kind        TEXT    NOT NULL,
    subject_id  UUID    NOT NULL,
    place_path  TEXT    NOT NULL,
    page        TEXT,
    bytes       BYTEA   NOT NULL,
    made_at     BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id)
);

CREATE INDEX record_waiting_subject ON record_waiting (district_id, subject_id);

-- What has a number. The place is the one it had then.
CREATE TABLE record_entry (
    district_id BIGINT  NOT NULL,
    id          UUID    NOT NULL,
    log_no      BIGINT  NOT NULL,
    number      BIGINT  NOT NULL,
    kind        TEXT    NOT NULL,
    subject_id  UUID    NOT NULL,
    place_path  TEXT    NOT NULL,
    page        TEXT,
    made_at     BIGINT  NOT NULL,
    sealed_at   BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT record_entry_log FOREIGN KEY (district_id, log_no) REFERENCES record_log (district_id, no)
);

CREATE UNIQUE INDEX record_entry_number ON record_entry (district_id, log_no, number);
CREATE INDEX record_entry_subject ON record_entry (district_id, subject_id);

-- The bytes of entries, 256 in a row, each after its length (c2sp.org/tlog-tiles).
CREATE TABLE record_bundle (
    district_id BIGINT  NOT NULL,
    log_no      BIGINT  NOT NULL,
    idx         BIGINT  NOT NULL,
    entries     BYTEA   NOT NULL,
    PRIMARY KEY (district_id, log_no, idx),
    CONSTRAINT record_bundle_log FOREIGN KEY (district_id, log_no) REFERENCES record_log (district_id, no)
);

-- The hashes of the tree, 256 in a row.
CREATE TABLE record_tile (
    district_id BIGINT  NOT NULL,
    log_no      BIGINT  NOT NULL,
    level       BIGINT  NOT NULL,
    idx         BIGINT  NOT NULL,
    hashes      BYTEA   NOT NULL,
    PRIMARY KEY (district_id, log_no, level, idx),
    CONSTRAINT record_tile_log FOREIGN KEY (district_id, log_no) REFERENCES record_log (district_id, no)
);

-- What opens a commitment: the words and their salt. Erased when whoever it is about asks for it.
CREATE TABLE record_opening (
    district_id BIGINT  NOT NULL REFERENCES district (id),
    entry_id    UUID    NOT NULL,
    subject_id  UUID    NOT NULL,
    salt        BYTEA   NOT NULL,
    -- Whether everyone may read the words as long as they are there.
    open        BIGINT  NOT NULL,
    words       BYTEA   NOT NULL,
    PRIMARY KEY (district_id, entry_id)
);

CREATE INDEX record_opening_subject ON record_opening (district_id, subject_id);
