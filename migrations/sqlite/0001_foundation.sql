-- The ground: districts, the journal with its counters, answers kept for repeated requests, cursors of readers.

CREATE TABLE district (
    id           INTEGER NOT NULL PRIMARY KEY,
    division     TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    place_path   TEXT    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;

INSERT INTO district (id, division, name, place_path, created_at) VALUES (0, '', '全市', '', 0);

-- The number of the next journal line of a district. Taken as the last statement before commit.
CREATE TABLE journal_counter (
    district_id  INTEGER NOT NULL PRIMARY KEY REFERENCES district (id),
    last_seq     INTEGER NOT NULL
) STRICT;

INSERT INTO journal_counter (district_id, last_seq) VALUES (0, 0);

CREATE TABLE journal (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    seq          INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    actor        TEXT    NOT NULL,
    on_behalf_of BLOB,
    channel      TEXT    NOT NULL,
    place_path   TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    subject_id   BLOB,
    facts        TEXT    NOT NULL,
    payload_hash BLOB,
    request_id   TEXT    NOT NULL,
    PRIMARY KEY (district_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX journal_subject ON journal (district_id, subject_id, seq) WHERE subject_id IS NOT NULL;

-- Personal detail of a line, erasable together with its salt. The line keeps only the salted hash.
CREATE TABLE journal_payload (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    seq          INTEGER NOT NULL,
    salt         BLOB    NOT NULL,
    body         TEXT    NOT NULL,
    PRIMARY KEY (district_id, seq)
) STRICT, WITHOUT ROWID;

-- How far a reader of the journal (outbox, figures, live pages) has come in a district.
CREATE TABLE journal_cursor (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    reader       TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    PRIMARY KEY (district_id, reader)
) STRICT, WITHOUT ROWID;

-- The answer given to a request that carried a key, so that the same request gets the same answer.
CREATE TABLE idempotency (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    actor        TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    request_hash BLOB    NOT NULL,
    answer       TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (district_id, actor, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_at ON idempotency (district_id, at);

-- Human numbers: one counter per district and scope ("cases/2026").
CREATE TABLE number_counter (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    scope        TEXT    NOT NULL,
    last         INTEGER NOT NULL,
    PRIMARY KEY (district_id, scope)
) STRICT, WITHOUT ROWID;

-- What has been stored beside the database, named by the SHA-256 of its bytes.
CREATE TABLE blob (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    hash         BLOB    NOT NULL,
    media_type   TEXT    NOT NULL,
    bytes        INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (district_id, hash)
) STRICT, WITHOUT ROWID;

-- Facts about this installation: demonstration or not, key check values, which calendar years were replaced.
CREATE TABLE setting (
    name         TEXT    NOT NULL PRIMARY KEY,
    value        TEXT    NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
