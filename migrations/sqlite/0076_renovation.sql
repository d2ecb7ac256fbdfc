-- Renovation items of an estate (老旧小区改造项目): consent by building, funding by source, progress, photos before and after, acceptance by residents.

CREATE TABLE renovation_item (
    district_id INTEGER NOT NULL REFERENCES district (id),
    id          BLOB NOT NULL,
    -- The estate.
    place_path  TEXT NOT NULL,
    class       TEXT NOT NULL,
    code        TEXT NOT NULL,
    title       TEXT NOT NULL,
    state       TEXT NOT NULL,
    percent     INTEGER NOT NULL,
    -- Who pays, fen.
    central     INTEGER NOT NULL,
    city        INTEGER NOT NULL,
    district    INTEGER NOT NULL,
    owners      INTEGER NOT NULL,
    capital     INTEGER NOT NULL,
    made_at     INTEGER NOT NULL,
    made_by     BLOB NOT NULL,
    version     INTEGER NOT NULL,
    PRIMARY KEY (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX renovation_item_place ON renovation_item (district_id, place_path);

-- What a building said; the last count stands.
CREATE TABLE renovation_consent (
    district_id INTEGER NOT NULL,
    item_id     BLOB NOT NULL,
    place_path  TEXT NOT NULL,
    homes       INTEGER NOT NULL,
    agreed      INTEGER NOT NULL,
    on_day      TEXT NOT NULL,
    PRIMARY KEY (district_id, item_id, place_path),
    CONSTRAINT renovation_consent_of FOREIGN KEY (district_id, item_id) REFERENCES renovation_item (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE renovation_note (
    district_id INTEGER NOT NULL,
    item_id     BLOB NOT NULL,
    no          INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    on_day      TEXT NOT NULL,
    percent     INTEGER NOT NULL,
    -- Of an acceptance: how many came and how many are content.
    present     INTEGER NOT NULL,
    content     INTEGER NOT NULL,
    said        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    by_whom     BLOB NOT NULL,
    PRIMARY KEY (district_id, item_id, no),
    CONSTRAINT renovation_note_of FOREIGN KEY (district_id, item_id) REFERENCES renovation_item (district_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE renovation_photo (
    district_id INTEGER NOT NULL,
    item_id     BLOB NOT NULL,
    no          INTEGER NOT NULL,
    moment      TEXT NOT NULL,
    hash        BLOB NOT NULL,
    thumb       BLOB NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (district_id, item_id, no),
    CONSTRAINT renovation_photo_of FOREIGN KEY (district_id, item_id) REFERENCES renovation_item (district_id, id)
) STRICT, WITHOUT ROWID;
