-- Work to be done later, and work that comes again. Kept until done, so that a restart forgets nothing.

CREATE TABLE job (
    district_id  BIGINT NOT NULL REFERENCES district (id),
    id           UUID    NOT NULL,
    kind         TEXT    NOT NULL,
    payload      TEXT    NOT NULL,
    run_at       BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    held_until   BIGINT NOT NULL,
    last_error   TEXT,
    ended_at     BIGINT,
    succeeded    BOOLEAN NOT NULL,
    PRIMARY KEY (district_id, id)
);

CREATE INDEX job_due ON job (run_at) WHERE ended_at IS NULL;

CREATE TABLE recurrent_job (
    kind         TEXT    NOT NULL PRIMARY KEY,
    next_at      BIGINT NOT NULL,
    last_at      BIGINT,
    last_error   TEXT
);
