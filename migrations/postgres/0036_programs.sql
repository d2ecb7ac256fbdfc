-- Programs of others (外部系统): one store of keys for all doors, and what the system of an institution sends of the readings of those it follows.

-- A key of a program: one district, one door. At the doors to health data it is bound to the institution whose program it is.
CREATE TABLE program_key (
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    id           UUID    NOT NULL,
    name         TEXT    NOT NULL,
    -- open311 or fhir.
    opens        TEXT    NOT NULL,
    organisation_id UUID,
    created_at   BIGINT  NOT NULL,
    revoked_at   BIGINT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT program_key_organisation FOREIGN KEY (district_id, organisation_id) REFERENCES organisation (district_id, id)
);

CREATE UNIQUE INDEX program_key_name ON program_key (district_id, name) WHERE revoked_at IS NULL;

-- Which key it is: global, because a key names no district. Only the SHA-256 of 256 random bits.
CREATE TABLE program_key_hash (
    key_hash     BYTEA   NOT NULL PRIMARY KEY,
    district_id  BIGINT  NOT NULL,
    key_id       UUID    NOT NULL
);

INSERT INTO program_key (district_id, id, name, opens, created_at, revoked_at)
    SELECT district_id, id, name, 'open311', created_at, revoked_at FROM open311_key;
INSERT INTO program_key_hash (key_hash, district_id, key_id) SELECT key_hash, district_id, id FROM open311_key;
DROP TABLE open311_key;

-- How often something that a program sent was refused, and why; of whom it was is not kept.
CREATE TABLE program_tally (
    district_id  BIGINT  NOT NULL,
    key_id       UUID    NOT NULL,
    why          TEXT    NOT NULL,
    n            BIGINT  NOT NULL,
    last_at      BIGINT  NOT NULL,
    PRIMARY KEY (district_id, key_id, why),
    CONSTRAINT program_tally_key FOREIGN KEY (district_id, key_id) REFERENCES program_key (district_id, id)
);

-- A reading may be corrected or taken back by whoever sent it. `version` counts up; what stood there before is in the journal, beside
-- the line. NULL: nobody changed it.
ALTER TABLE care_reading ADD COLUMN version BIGINT  NOT NULL DEFAULT 1;
ALTER TABLE care_reading ADD COLUMN changed_at BIGINT;
ALTER TABLE care_reading ADD COLUMN taken_back BOOLEAN NOT NULL DEFAULT FALSE;

-- The keys that sources gave a reading, or the values of one that came in several parts: the same sent again is one. A part is the name of
-- the value; empty for the whole reading.
CREATE TABLE care_reading_key (
    district_id  BIGINT  NOT NULL,
    person_id    UUID    NOT NULL,
    source_key   TEXT    NOT NULL,
    reading_id   UUID    NOT NULL,
    part         TEXT    NOT NULL,
    PRIMARY KEY (district_id, person_id, source_key),
    CONSTRAINT care_reading_key_of FOREIGN KEY (district_id, reading_id) REFERENCES care_reading (district_id, id)
);

CREATE INDEX care_reading_key_reading ON care_reading_key (district_id, reading_id);

INSERT INTO care_reading_key (district_id, person_id, source_key, reading_id, part)
    SELECT district_id, person_id, source_key, id, '' FROM care_reading WHERE source_key IS NOT NULL;
DROP INDEX care_reading_source;
ALTER TABLE care_reading DROP COLUMN source_key;

-- One alarm a reading and urgency: a correction that makes it more urgent is told again.
DROP INDEX care_alarm_reading;
CREATE UNIQUE INDEX care_alarm_reading ON care_alarm (district_id, reading_id, level) WHERE reading_id IS NOT NULL;
