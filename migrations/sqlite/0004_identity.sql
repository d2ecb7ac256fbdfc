-- Accounts of staff (in district 0), their sessions and one-time links; claims of homes by residents.

CREATE TABLE account (
    district_id     INTEGER NOT NULL REFERENCES district (id),
    id              BLOB    NOT NULL,
    login           TEXT    NOT NULL,
    person_district INTEGER NOT NULL,
    person_id       BLOB    NOT NULL,
    password        TEXT,
    disabled_at     INTEGER,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

-- A login is one in the whole installation, whatever the district of the person.
CREATE TABLE account_login (
    login           TEXT    NOT NULL PRIMARY KEY,
    account_id      BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- Attempts to sign in that were not crowned, by the SHA-256 of the login as typed, so that a login nobody has locks like any other.
CREATE TABLE sign_in_attempt (
    login_hash      BLOB    NOT NULL PRIMARY KEY,
    failures        INTEGER NOT NULL,
    locked_until    INTEGER NOT NULL,
    tried_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_attempt_tried ON sign_in_attempt (tried_at);

-- Sessions, by the SHA-256 of their token. Held by an account or by the claim of a home.
CREATE TABLE session (
    token_hash           BLOB    NOT NULL PRIMARY KEY,
    account_id           BLOB,
    claim_district       INTEGER,
    claim_id             BLOB,
    appointment_district INTEGER,
    appointment_id       BLOB,
    created_at           INTEGER NOT NULL,
    seen_at              INTEGER NOT NULL,
    expires_at           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_account ON session (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX session_expiry ON session (expires_at);

-- One-time links: setup of the first administrator, activation of an account, a new password.
CREATE TABLE account_link (
    token_hash   BLOB    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,
    account_id   BLOB,
    expires_at   INTEGER NOT NULL,
    used_at      INTEGER
) STRICT, WITHOUT ROWID;

-- Codes on paper with which a home is claimed, by their hash.
CREATE TABLE claim_code (
    code_hash    BLOB    NOT NULL PRIMARY KEY,
    district_id  INTEGER NOT NULL REFERENCES district (id),
    place_path   TEXT    NOT NULL,
    expires_at   INTEGER NOT NULL,
    used_at      INTEGER
) STRICT, WITHOUT ROWID;

-- The claim of a home (认领). Nothing of who lives there: only that somebody held the paper.
CREATE TABLE home_claim (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    id           BLOB    NOT NULL,
    place_path   TEXT    NOT NULL,
    claimed_at   INTEGER NOT NULL,
    released_at  INTEGER,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;
