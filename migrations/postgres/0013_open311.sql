-- Keys of programs that report over Open311 GeoReport v2: one district each. Of a key only the SHA-256 is kept.
CREATE TABLE open311_key (
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    id           UUID    NOT NULL,
    name         TEXT    NOT NULL,
    key_hash     BYTEA   NOT NULL,
    created_at   BIGINT  NOT NULL,
    revoked_at   BIGINT,
    PRIMARY KEY (district_id, id)
);

-- A key names no district: whoever sends one is looked up by it alone.
CREATE UNIQUE INDEX open311_key_hash ON open311_key (key_hash);

CREATE UNIQUE INDEX open311_key_name ON open311_key (district_id, name) WHERE revoked_at IS NULL;
