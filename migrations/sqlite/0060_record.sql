-- The public log (公开日志): append-only Merkle logs, one that grows for each district. What is in them names nobody: that is committed to, and what opens
-- the commitment lies in a row of its own that can be erased.

CREATE TABLE record_log (
    district_id INTEGER NOT NULL REFERENCES district (id),
    -- 1, and one more each time a log had to be begun anew.
    no          INTEGER NOT NULL,
    origin      TEXT    NOT NULL,
    public_key  TEXT    NOT NULL,
    -- Sealed with the key of the installation, for this log alone.
    seed        BLOB    NOT NULL,
    size        INTEGER NOT NULL,
    root        BLOB    NOT NULL,
    -- The newest checkpoint as it was signed.
    note        TEXT    NOT NULL,
    begun_at    INTEGER NOT NULL,
    sealed_at   INTEGER NOT NULL,
    ended_at    INTEGER,
    PRIMARY KEY (district_id, no)
) STRICT, WITHOUT ROWID;

-- Every checkpoint that was ever signed.
CREATE TABLE record_checkpoint (
    district_id INTEGER NOT NULL,
    log_no      INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    root        BLOB    NOT NULL,
    note        TEXT    NOT NULL,
    sealed_at   INTEGER NOT NULL,
    PRIMARY KEY (district_id, log_no, size),
    CONSTRAINT record_checkpoint_log FOREIGN KEY (district_id, log_no) REFERENCES record_log (district_id, no)
) STRICT, WITHOUT ROWID;

-- What was published and has no number yet.
CREATE TABLE record_waiting (
    district_id INTEGER NOT NULL REFERENCES district (id),
    id          BLOB    NOT NULL,
    kind        TEXT    NOT NULL,
    subject_id  BLOB    NOT NULL,
    place_path  TEXT    NOT NULL,
    page        TEXT,
    bytes       BLOB    NOT NULL,
    made_at     INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX record_waiting_subject ON record_waiting (district_id, subject_id);

-- What has a number. The place is the one it had then.
CREATE TABLE record_entry (
    district_id INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    log_no      INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    subject_id  BLOB    NOT NULL,
    place_path  TEXT    NOT NULL,
    page        TEXT,
    made_at     INTEGER NOT NULL,
    sealed_at   INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT record_entry_log FOREIGN KEY (district_id, log_no) REFERENCES record_log (district_id, no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX record_entry_number ON record_entry (district_id, log_no, number);
CREATE INDEX record_entry_subject ON record_entry (district_id, subject_id);

-- The bytes of entries, 256 in a row, each after its length (c2sp.org/tlog-tiles).
CREATE TABLE record_bundle (
    district_id INTEGER NOT NULL,
    log_no      INTEGER NOT NULL,
    idx         INTEGER NOT NULL,
    entries     BLOB    NOT NULL,
    PRIMARY KEY (district_id, log_no, idx),
    CONSTRAINT record_bundle_log FOREIGN KEY (district_id, log_no) REFERENCES record_log (district_id, no)
) STRICT;

-- The hashes of the tree, 256 in a row.
CREATE TABLE record_tile (
    district_id INTEGER NOT NULL,
    log_no      INTEGER NOT NULL,
    level       INTEGER NOT NULL,
    idx         INTEGER NOT NULL,
    hashes      BLOB    NOT NULL,
    PRIMARY KEY (district_id, log_no, level, idx),
    CONSTRAINT record_tile_log FOREIGN KEY (district_id, log_no) REFERENCES record_log (district_id, no)
) STRICT;

-- What opens a commitment: the words and their salt. Erased when whoever it is about asks for it.
CREATE TABLE record_opening (
    district_id INTEGER NOT NULL REFERENCES district (id),
    entry_id    BLOB    NOT NULL,
    subject_id  BLOB    NOT NULL,
    salt        BLOB    NOT NULL,
    -- Whether everyone may read the words as long as they are there.
    open        INTEGER NOT NULL,
    words       BLOB    NOT NULL,
    PRIMARY KEY (district_id, entry_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX record_opening_subject ON record_opening (district_id, subject_id);
