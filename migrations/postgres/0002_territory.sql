-- The ground people live on: official divisions, estates down to homes, components, governance grids, outlines.

-- Where division rows came from: name of the data set, its licence, the date it speaks of (YYYY-MM-DD).
CREATE TABLE division_source (
    id           BIGINT  NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    licence      TEXT    NOT NULL,
    data_date    TEXT    NOT NULL,
    CONSTRAINT division_source_once UNIQUE (name, data_date)
);

-- Official divisions (reference): city 4, district 6, subdistrict 9, community 12 digits. The place path is ours and outlives a
-- code: a renumbered division keeps its path under the new code, the old row is closed and names its successor.
CREATE TABLE division (
    code         TEXT    COLLATE "C" NOT NULL PRIMARY KEY,
    place_path   TEXT    COLLATE "C" NOT NULL,
    name         TEXT    NOT NULL,
    named        BOOLEAN NOT NULL,
    valid_from   BIGINT,
    valid_to     BIGINT,
    replaced_by  TEXT    COLLATE "C",
    source_id    BIGINT  NOT NULL REFERENCES division_source (id)
);

CREATE UNIQUE INDEX division_path ON division (place_path) WHERE valid_to IS NULL;
CREATE INDEX division_city ON division (code) WHERE length(code) = 4;

-- The last number given to a child of a place. Numbers are never given twice, so a path in the history stays one place.
CREATE TABLE place_number (
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    place_path   TEXT    COLLATE "C" NOT NULL,
    last         BIGINT  NOT NULL,
    PRIMARY KEY (district_id, place_path)
);

-- Estate (depth 5), building (6), entrance (7), home (8). `code` is the natural key: E, E/3栋, E/3栋/2单元, E/3栋/2单元/301.
CREATE TABLE place (
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    id           UUID    NOT NULL,
    depth        BIGINT  NOT NULL,
    place_path   TEXT    COLLATE "C" NOT NULL,
    name         TEXT    NOT NULL,
    code         TEXT    COLLATE "C" NOT NULL,
    valid_from   BIGINT  NOT NULL,
    valid_to     BIGINT,
    replaced_by  UUID,
    PRIMARY KEY (district_id, id)
);

CREATE UNIQUE INDEX place_path ON place (district_id, depth, place_path);
CREATE UNIQUE INDEX place_code ON place (district_id, code) WHERE valid_to IS NULL;

-- What is known of an estate (小区). Area in 0.01 m², coordinates WGS-84 in 1e-7 degrees. The counts are kept by the commands
-- and recomputed by the check.
CREATE TABLE estate (
    district_id         BIGINT  NOT NULL REFERENCES district (id),
    place_id            UUID    NOT NULL,
    place_path          TEXT    COLLATE "C" NOT NULL,
    kind                TEXT,
    year_built          BIGINT,
    households          BIGINT,
    buildings_declared  BIGINT,
    area                BIGINT,
    management          TEXT,
    manager_name        TEXT,
    manager_credit_code TEXT,
    managed_since       TEXT,
    lon_e7              BIGINT,
    lat_e7              BIGINT,
    buildings           BIGINT  NOT NULL,
    entrances           BIGINT  NOT NULL,
    homes               BIGINT  NOT NULL,
    PRIMARY KEY (district_id, place_id),
    CONSTRAINT estate_place FOREIGN KEY (district_id, place_id) REFERENCES place (district_id, id)
);

CREATE INDEX estate_path ON estate (district_id, place_path);

-- What is known of a home (户) as a room, nothing of who lives there. Floor may be negative; area in 0.01 m².
CREATE TABLE home (
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    place_id     UUID    NOT NULL,
    floor        BIGINT,
    room         TEXT    NOT NULL,
    area         BIGINT,
    PRIMARY KEY (district_id, place_id),
    CONSTRAINT home_place FOREIGN KEY (district_id, place_id) REFERENCES place (district_id, id)
);

-- Classes of components (reference), by code of the standard or a local addition.
CREATE TABLE component_class (
    code         TEXT    COLLATE "C" NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    major_name   TEXT    NOT NULL,
    standard_ref TEXT    NOT NULL,
    valid_from   TEXT    NOT NULL,
    valid_to     TEXT,
    is_local     BOOLEAN NOT NULL,
    verified     BOOLEAN NOT NULL
);

-- Components (部件): 17 digits = 6 division + 5 class + 6 serial.
CREATE TABLE component (
    district_id     BIGINT  NOT NULL REFERENCES district (id),
    id              UUID    NOT NULL,
    component_id    TEXT    COLLATE "C" NOT NULL,
    class_code      TEXT    COLLATE "C" NOT NULL REFERENCES component_class (code),
    name            TEXT    NOT NULL,
    place_path      TEXT    COLLATE "C" NOT NULL,
    lon_e7          BIGINT,
    lat_e7          BIGINT,
    state           TEXT    NOT NULL,
    department_code TEXT,
    department_name TEXT,
    since           TEXT,
    doubts          TEXT    NOT NULL,
    changed_at      BIGINT  NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT component_number UNIQUE (district_id, component_id)
);

CREATE INDEX component_path ON component (district_id, place_path);

-- Governance grids (治理网格), each of one community, lying across estates, buildings and entrances.
CREATE TABLE grid (
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    id           UUID    NOT NULL,
    code         TEXT    COLLATE "C" NOT NULL,
    name         TEXT    NOT NULL,
    place_path   TEXT    COLLATE "C" NOT NULL,
    PRIMARY KEY (district_id, id),
    CONSTRAINT grid_code UNIQUE (district_id, code)
);

CREATE INDEX grid_path ON grid (district_id, place_path);

CREATE TABLE grid_cover (
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    place_path   TEXT    COLLATE "C" NOT NULL,
    grid_id      UUID    NOT NULL,
    PRIMARY KEY (district_id, place_path, grid_id),
    CONSTRAINT grid_cover_grid FOREIGN KEY (district_id, grid_id) REFERENCES grid (district_id, id)
);

CREATE INDEX grid_cover_of ON grid_cover (district_id, grid_id);

-- Outlines of places: WGS-84 as used, the geometry as it was received with its coordinate system beside it.
CREATE TABLE boundary (
    district_id  BIGINT  NOT NULL REFERENCES district (id),
    place_path   TEXT    COLLATE "C" NOT NULL,
    geojson      TEXT    NOT NULL,
    original     TEXT    NOT NULL,
    original_crs TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    imported_at  BIGINT  NOT NULL,
    PRIMARY KEY (district_id, place_path)
);
