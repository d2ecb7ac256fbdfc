-- Renovation items of an estate (老旧小区改造项目): consent by building, funding by source, progress, photos before and after, acceptance by residents.

CREATE TABLE renovation_item (
    district_id BIGINT NOT NULL REFERENCES district (id),
    id          UUID NOT NULL,
    -- The estate.
    place_path  TEXT COLLATE "C" NOT NULL,
    class       TEXT NOT NULL,
    code        TEXT NOT NULL,
    title       TEXT NOT NULL,
    state       TEXT NOT NULL,
    percent     BIGINT NOT NULL,
    -- Who pays, fen.
    central     BIGINT NOT NULL,
    city        BIGINT NOT NULL,
    district    BIGINT NOT NULL,
    owners      BIGINT NOT NULL,
    capital     BIGINT NOT NULL,
    made_at     BIGINT NOT NULL,
    made_by     UUID NOT NULL,
    version     BIGINT NOT NULL,
    PRIMARY KEY (district_id, id)
);

CREATE INDEX renovation_item_place ON renovation_item (district_id, place_path);

-- What a building said; the last count stands.
CREATE TABLE renovation_consent (
    district_id BIGINT NOT NULL,
    item_id     UUID NOT NULL,
    place_path  TEXT COLLATE "C" NOT NULL,
    homes       BIGINT NOT NULL,
    agreed      BIGINT NOT NULL,
    on_day      TEXT NOT NULL,
    PRIMARY KEY (district_id, item_id, place_path),
    CONSTRAINT renovation_consent_of FOREIGN KEY (district_id, item_id) REFERENCES renovation_item (district_id, id)
);

CREATE TABLE renovation_note (
    district_id BIGINT NOT NULL,
    item_id     UUID NOT NULL,
    no          BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    on_day      TEXT NOT NULL,
    percent     BIGINT NOT NULL,
    -- Of an acceptance: how many came and how many are content.
    present     BIGINT NOT NULL,
    content     BIGINT NOT NULL,
    said        TEXT NOT NULL,
    at          BIGINT NOT NULL,
    by_whom     UUID NOT NULL,
    PRIMARY KEY (district_id, item_id, no),
    CONSTRAINT renovation_note_of FOREIGN KEY (district_id, item_id) REFERENCES renovation_item (district_id, id)
);

CREATE TABLE renovation_photo (
    district_id BIGINT NOT NULL,
    item_id     UUID NOT NULL,
    no          BIGINT NOT NULL,
    moment      TEXT NOT NULL,
    hash        BYTEA NOT NULL,
    thumb       BYTEA NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (district_id, item_id, no),
    CONSTRAINT renovation_photo_of FOREIGN KEY (district_id, item_id) REFERENCES renovation_item (district_id, id)
);
