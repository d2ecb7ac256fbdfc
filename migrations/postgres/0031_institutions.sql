-- The treatment network (分级救治): institutions, their units, treatment grids (救治网格), memberships and catchments.

-- An institution is an organisation, and what the network needs to know of it. NULL is unknown, and is not zero.
CREATE TABLE institution (
    district_id  BIGINT  NOT NULL,
    id           UUID    NOT NULL,
    -- The code others know it by, as written: leading zeros count.
    code         TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    level        TEXT    NOT NULL,
    place_path   TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    lon_e7       BIGINT,
    lat_e7       BIGINT,
    public_phone TEXT,
    -- What it can do, coded, words with commas between them (rules/capabilities.toml).
    capabilities TEXT    NOT NULL,
    valid_from   BIGINT  NOT NULL,
    valid_to     BIGINT,
    version      BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT institution_organisation FOREIGN KEY (district_id, id) REFERENCES organisation (district_id, id),
    CONSTRAINT institution_dates CHECK (valid_to IS NULL OR valid_to > valid_from)
);

CREATE UNIQUE INDEX institution_code ON institution (district_id, code);
CREATE INDEX institution_place ON institution (district_id, place_path);

-- A unit of an institution (科室、病区、发热门诊、诊室): what has beds, rooms or hours of its own.
CREATE TABLE institution_unit (
    district_id    BIGINT  NOT NULL,
    id             UUID    NOT NULL,
    institution_id UUID    NOT NULL,
    kind           TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    capabilities   TEXT    NOT NULL,
    -- How it came to be (新增方式): from the start, on site, a converted cabin, a community round; unknown is a word of its own.
    added          TEXT    NOT NULL DEFAULT 'unknown',
    -- Whom it sees: everybody, adults, children, unknown.
    serves         TEXT    NOT NULL DEFAULT 'unknown',
    -- Everything, or medicines alone (简易药房).
    lane           TEXT    NOT NULL DEFAULT 'full',
    -- With whom it is run, by name.
    partner        TEXT,
    -- Where one is advised without coming (线上问诊): an https address.
    online         TEXT,
    valid_from     BIGINT  NOT NULL,
    valid_to       BIGINT,
    version        BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT institution_unit_of FOREIGN KEY (district_id, institution_id) REFERENCES institution (district_id, id),
    CONSTRAINT institution_unit_dates CHECK (valid_to IS NULL OR valid_to > valid_from)
);

CREATE UNIQUE INDEX institution_unit_name ON institution_unit (district_id, institution_id, name) WHERE valid_to IS NULL;

-- A treatment grid, of a kind, led by an institution. It lives in the district of its lead; its members may lie in others.
CREATE TABLE treatment_grid (
    district_id BIGINT  NOT NULL,
    id          UUID    NOT NULL,
    code        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    lead_id     UUID    NOT NULL,
    valid_from  BIGINT  NOT NULL,
    valid_to    BIGINT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT treatment_grid_lead FOREIGN KEY (district_id, lead_id) REFERENCES institution (district_id, id),
    CONSTRAINT treatment_grid_dates CHECK (valid_to IS NULL OR valid_to > valid_from)
);

CREATE UNIQUE INDEX treatment_grid_code ON treatment_grid (district_id, code);

-- Which grid an institution belongs to, from when to when; it lives in the district of the institution. Never two of a kind at a time: the
-- command looks under the lock of its institution.
CREATE TABLE grid_member (
    district_id    BIGINT  NOT NULL,
    id             UUID    NOT NULL,
    institution_id UUID    NOT NULL,
    kind           TEXT    NOT NULL,
    grid_district  BIGINT  NOT NULL,
    grid_id        UUID    NOT NULL,
    valid_from     BIGINT  NOT NULL,
    valid_to       BIGINT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT grid_member_of FOREIGN KEY (district_id, institution_id) REFERENCES institution (district_id, id),
    CONSTRAINT grid_member_dates CHECK (valid_to IS NULL OR valid_to > valid_from)
);

CREATE UNIQUE INDEX grid_member_from ON grid_member (district_id, institution_id, kind, valid_from);
CREATE UNIQUE INDEX grid_member_open ON grid_member (district_id, institution_id, kind) WHERE valid_to IS NULL;
CREATE INDEX grid_member_grid ON grid_member (grid_district, grid_id);

-- Which centre or station looks after a community (服务片区), dated.
CREATE TABLE catchment (
    district_id    BIGINT  NOT NULL,
    id             UUID    NOT NULL,
    place_path     TEXT    NOT NULL,
    institution_id UUID    NOT NULL,
    valid_from     BIGINT  NOT NULL,
    valid_to       BIGINT,
    PRIMARY KEY (district_id, id),
    CONSTRAINT catchment_institution FOREIGN KEY (district_id, institution_id) REFERENCES institution (district_id, id),
    CONSTRAINT catchment_dates CHECK (valid_to IS NULL OR valid_to > valid_from)
);

CREATE UNIQUE INDEX catchment_from ON catchment (district_id, place_path, valid_from);
CREATE UNIQUE INDEX catchment_open ON catchment (district_id, place_path) WHERE valid_to IS NULL;
