-- The board (公告牌) at an entrance and at the gate of an estate: its short code, its notices, its pledge.

-- Global claim of codes: whoever scans or types one knows nothing of districts.
CREATE TABLE board_code (
    code         TEXT    NOT NULL PRIMARY KEY,
    district_id  INTEGER NOT NULL,
    place_path   TEXT    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The board of a place, with the code that is printed on it.
CREATE TABLE board (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    place_path   TEXT    NOT NULL,
    code         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (district_id, place_path)
) STRICT, WITHOUT ROWID;

-- What is posted on the boards of a place and of everything under it.
CREATE TABLE notice (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    id           BLOB    NOT NULL,
    place_path   TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('notice', 'result', 'planned_work', 'service')),
    title        TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    signed       TEXT    NOT NULL,
    starts_at    INTEGER NOT NULL,
    ends_at      INTEGER,
    posted_at    INTEGER NOT NULL,
    posted_by    TEXT    NOT NULL,
    withdrawn_at INTEGER,
    withdrawn_by TEXT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT notice_ends_after_it_starts CHECK (ends_at IS NULL OR ends_at > starts_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_place ON notice (district_id, place_path, starts_at) WHERE withdrawn_at IS NULL;

-- The service pledge (服务承诺) and the 24-hour property phone of a place; the nearest place above that has one answers.
CREATE TABLE pledge (
    district_id  INTEGER NOT NULL REFERENCES district (id),
    place_path   TEXT    NOT NULL,
    valid_from   INTEGER NOT NULL,
    text         TEXT,
    duty_phone   TEXT,
    set_by       TEXT    NOT NULL,
    PRIMARY KEY (district_id, place_path, valid_from)
) STRICT, WITHOUT ROWID;
