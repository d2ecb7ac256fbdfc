-- Accounts of staff (in district 0), their sessions and one-time links; claims of homes by residents.

CREATE TABLE account (
    district_id     BIGINT NOT NULL REFERENCES district (id),
    id              UUID    NOT NULL,
    login           TEXT    NOT NULL,
    person_district BIGINT NOT NULL,
    person_id       UUID    NOT NULL,
    password        TEXT,
    disabled_at     BIGINT,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (district_id, id)
);

-- A login is one in the whole installation, whatever the district of the person.
CREATE TABLE account_login (
    login           TEXT    NOT NULL PRIMARY KEY,
    account_id      UUID    NOT NULL
);

-- Attempts to sign in that were not crowned, by the SHA-256 of the login as typed, so that a login nobody has locks like any other.
CREATE TABLE sign_in_attempt (
    login_hash      BYTEA   NOT NULL PRIMARY KEY,
    failures        BIGINT  NOT NULL,
    locked_until    BIGINT  NOT NULL,
    tried_at        BIGINT  NOT NULL
);

CREATE INDEX sign_in_attempt_tried ON sign_in_attempt (tried_at);

-- Sessions, by the SHA-256 of their token. Held by an account or by the claim of a home.
CREATE TABLE session (
    token_hash           BYTEA    NOT NULL PRIMARY KEY,
    account_id           UUID,
    claim_district       BIGINT,
    claim_id             UUID,
    appointment_district BIGINT,
    appointment_id       UUID,
    created_at           BIGINT NOT NULL,
    seen_at              BIGINT NOT NULL,
    expires_at           BIGINT NOT NULL
);

CREATE INDEX session_account ON session (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX session_expiry ON session (expires_at);

-- One-time links: setup of the first administrator, activation of an account, a new password.
CREATE TABLE account_link (
    token_hash   BYTEA    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,
    account_id   UUID,
    expires_at   BIGINT NOT NULL,
    used_at      BIGINT
);

-- Codes on paper with which a home is claimed, by their hash.
CREATE TABLE claim_code (
    code_hash    BYTEA    NOT NULL PRIMARY KEY,
    district_id  BIGINT NOT NULL REFERENCES district (id),
    place_path   TEXT COLLATE "C"    NOT NULL,
    expires_at   BIGINT NOT NULL,
    used_at      BIGINT
);

-- The claim of a home (认领). Nothing of who lives there: only that somebody held the paper.
CREATE TABLE home_claim (
    district_id  BIGINT NOT NULL REFERENCES district (id),
    id           UUID    NOT NULL,
    place_path   TEXT COLLATE "C"    NOT NULL,
    claimed_at   BIGINT NOT NULL,
    released_at  BIGINT,
    PRIMARY KEY (district_id, id)
);
