-- What the systems of institutions want to be told (订阅): rest-hook subscriptions of FHIR.

-- `status`: requested, active, error (not delivered, tried again), off (given up, for the reason in `problem`). `held_until` is until when one
-- process alone is at it. A key that is closed keeps its rows: they are off.
CREATE TABLE fhir_subscription (
    district_id     INTEGER NOT NULL,
    id              BLOB    NOT NULL,
    key_id          BLOB    NOT NULL,
    organisation_id BLOB    NOT NULL,
    criteria        TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    endpoint        TEXT    NOT NULL,
    -- Whether the resource goes along, or only that something changed.
    full_payload    BOOLEAN NOT NULL,
    -- Headers that are sent along, sealed with a key outside the database: there may be a password among them.
    headers_sealed  BLOB,
    status          TEXT    NOT NULL,
    problem         TEXT,
    ends_at         INTEGER,
    made_at         INTEGER NOT NULL,
    changed_at      INTEGER NOT NULL,
    -- Attempts that failed since something arrived.
    attempts        INTEGER NOT NULL,
    next_at         INTEGER NOT NULL,
    held_until      INTEGER NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT fhir_subscription_key FOREIGN KEY (district_id, key_id) REFERENCES program_key (district_id, id)
) WITHOUT ROWID;

CREATE INDEX fhir_subscription_of ON fhir_subscription (district_id, key_id);
CREATE INDEX fhir_subscription_due ON fhir_subscription (next_at) WHERE status <> 'off';

-- Up to which line of the journal of a district everything was told: the journal is the outbox.
CREATE TABLE fhir_subscription_told (
    district_id     INTEGER NOT NULL,
    subscription_id BLOB    NOT NULL,
    of_district     INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    PRIMARY KEY (district_id, subscription_id, of_district),
    CONSTRAINT fhir_subscription_told_of FOREIGN KEY (district_id, subscription_id) REFERENCES fhir_subscription (district_id, id)
) STRICT, WITHOUT ROWID;
