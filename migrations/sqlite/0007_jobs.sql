-- Work to be done later, and work that comes again. Kept until done, so that a restart forgets nothing.

CREATE TABLE job (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    id           BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    payload      TEXT    NOT NULL,
    run_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    held_until   INTEGER NOT NULL,
    last_error   TEXT,
    ended_at     INTEGER,
    succeeded    BOOLEAN NOT NULL,
    PRIMARY KEY (district_id, id)
) WITHOUT ROWID;

CREATE INDEX job_due ON job (run_at) WHERE ended_at IS NULL;

CREATE TABLE recurrent_job (
    kind         TEXT    NOT NULL PRIMARY KEY,
    next_at      INTEGER NOT NULL,
    last_at      INTEGER,
    last_error   TEXT
) WITHOUT ROWID;
